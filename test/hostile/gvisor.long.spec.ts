import { ociWith } from './oci/oci.ts'
import { hostileSuite } from './suite.ts'

// The programs that runc holds, where another kernel takes their calls: a container of gVisor's takes seconds to start.
hostileSuite(ociWith('runsc'))
