/**
 * What hostile programs try, whatever runs them. Each executor brings programs of its own kind for all of these, so that
 * none is put to a lighter test than another: see {@link HostileExecutor}.
 */
export const AIMS = {
  'fork bomb': 'start processes or threads without end',
  'memory bomb': 'take all of the memory there is',
  'engine bomb': 'fill the engine around the program instead of the program’s own memory',
  'decompression bomb': 'be small to send and huge to run',
  'compile bomb': 'cost much to make ready before it runs at all',
  'stack bomb': 'nest calls without end',
  'endless loop': 'never come to an end',
  'disk fill': 'write until the disk is full',
  'file bomb': 'make files without end',
  'deep folders': 'nest folders deeper than anybody can remove',
  'output flood': 'say more than anybody can store',
  'folder escape': 'name files outside of its own folder',
  'symbolic link escape': 'have the host follow a link out',
  'process files': 'read what the system tells of processes, their environment above all',
  'environment of the node': 'find variables that are not its own',
  'host loopback': 'reach a service on the machine of its operator',
  'metadata address': 'ask the cloud for the operator’s credentials',
  'name server tunnel': 'send data away in questions for names',
  'huge arguments': 'start with more arguments than a process may have',
  'signal to the parent': 'end who started it',
  'clock abuse': 'sleep for ever, and read the real time',
  'stale descriptors': 'use what is closed, or was never open',
  'output path tricks': 'have the buyer write a file where it does not belong'
} as const

export type Aim = keyof typeof AIMS
export const aims = Object.keys(AIMS) as Aim[]
