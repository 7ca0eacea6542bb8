import { expect, it } from 'vitest'
import { findGroupPlaces } from '../../../../src/executor/wasm/sandbox/cgroup/places.ts'

/** What a system tells, as far as it is asked. */
function system(files: Record<string, string>) {
  return findGroupPlaces(async path => {
    const text = files[path]
    if (text === undefined) throw new Error(`ENOENT: ${path}`)
    return text
  })
}

const UNIFIED = '30 22 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate'
const ALL = ['memory', 'pids', 'cpu']

it('finds the one folder of version 2', async () => {
  const own = '/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope'
  const files = {
    '/proc/self/mountinfo': `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n${UNIFIED}\n`,
    '/proc/self/cgroup': `0::${own}\n`,
    [`/sys/fs/cgroup${own}/cgroup.controllers`]: 'cpuset cpu io memory pids\n'
  }
  expect(await system(files)).toEqual({
    version: 2,
    places: [{ folder: `/sys/fs/cgroup${own}`, top: '/sys/fs/cgroup', controllers: ALL }]
  })
})

it('finds the folders of version 1, one for several controllers included, where version 2 has none', async () => {
  const files = {
    '/proc/self/mountinfo': [
      '31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
      '34 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
      '38 30 0:35 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids',
      '39 30 0:36 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd',
      '40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw'
    ].join('\n'),
    '/proc/self/cgroup': '4:memory:/a/b\n3:pids:/\n2:cpu,cpuacct:/c\n1:name=systemd:/\n0::/\n',
    '/sys/fs/cgroup/unified/cgroup.controllers': '\n'
  }
  expect(await system(files)).toEqual({
    version: 1,
    places: [
      { folder: '/sys/fs/cgroup/cpu,cpuacct/c', top: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu'] },
      { folder: '/sys/fs/cgroup/memory/a/b', top: '/sys/fs/cgroup/memory', controllers: ['memory'] },
      { folder: '/sys/fs/cgroup/pids/', top: '/sys/fs/cgroup/pids', controllers: ['pids'] }
    ]
  })
})

it('finds its place inside a container that is shown its own part alone', async () => {
  const files = {
    '/proc/self/mountinfo': '30 22 0:27 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n',
    '/proc/self/cgroup': '0::/docker/abc/inner\n',
    '/sys/fs/cgroup/inner/cgroup.controllers': 'memory pids'
  }
  expect(await system(files)).toMatchObject({
    places: [{ folder: '/sys/fs/cgroup/inner', controllers: ALL.slice(0, 2) }]
  })
})

it('finds none where memory or processes cannot be bounded, or where its place is not shown', async () => {
  const files = { '/proc/self/mountinfo': UNIFIED, '/sys/fs/cgroup/x/cgroup.controllers': 'cpu pids' }
  expect(await system({ ...files, '/proc/self/cgroup': '0::/x' })).toBeUndefined()
  expect(await system({ ...files, '/proc/self/cgroup': '0::/../y' })).toBeUndefined()
  expect(await system({})).toBeUndefined()
})
