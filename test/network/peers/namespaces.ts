import { spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'

/** An internet of network namespaces, with routers that translate addresses as those at home do. */
export interface TestInternet {
  /** A machine with a public address; answers with the name of its namespace. */
  machine(name: string, address: string): string
  /** A machine behind a router of its own: it can call everybody, and nobody can call it. */
  machineBehindRouter(name: string, address: string): string
}

/** Gone after the test. Every machine is in one /8 without a gateway: what is not in it cannot be reached. */
export function createTestInternet(): TestInternet {
  const prefix = `arch${process.pid}`
  const names: string[] = []
  const wire = namespace('wire')
  run(`ip -n ${wire} link add br0 type bridge && ip -n ${wire} link set br0 up`)
  onTestFinished(() => {
    for (const name of names.reverse()) spawnSync('ip', ['netns', 'delete', name])
  })

  function namespace(name: string): string {
    const full = `${prefix}-${name}`
    run(`ip netns add ${full} && ip -n ${full} link set lo up`)
    names.push(full)
    return full
  }

  function machine(name: string, address: string): string {
    const full = namespace(name)
    const port = `p${names.length}`
    run(`ip -n ${wire} link add ${port} type veth peer name eth0 netns ${full}`)
    run(`ip -n ${wire} link set ${port} master br0 up`)
    run(`ip -n ${full} addr add ${address}/8 dev eth0 && ip -n ${full} link set eth0 up`)
    run(`ip -n ${full} route add 224.0.0.0/4 dev eth0`)
    return full
  }

  return {
    machine,
    machineBehindRouter(name, address) {
      const router = machine(`${name}-router`, address)
      const full = namespace(name)
      run(`ip -n ${router} link add lan type veth peer name eth0 netns ${full}`)
      run(`ip -n ${router} addr add 192.168.77.1/24 dev lan && ip -n ${router} link set lan up`)
      run(`ip -n ${full} addr add 192.168.77.2/24 dev eth0 && ip -n ${full} link set eth0 up`)
      run(`ip -n ${full} route add default via 192.168.77.1`)
      run(`ip netns exec ${router} sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'`)
      run(
        `ip netns exec ${router} nft 'add table ip nat; ` +
          `add chain ip nat out { type nat hook postrouting priority 100; }; add rule ip nat out oifname eth0 masquerade; ` +
          `add chain ip nat through { type filter hook forward priority 0; }; ` +
          `add rule ip nat through iifname eth0 ct state new drop'`
      )
      return full
    }
  }
}

function run(command: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', command])
  if (status !== 0) throw new Error(`${command}: ${String(stderr).trim()}`)
}
