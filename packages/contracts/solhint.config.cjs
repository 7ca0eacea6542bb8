/** Every rule of solhint, but for those named here. `forge fmt` sees to the form, `forge lint` to the rest. */
const OFF = {
  // NatSpec belongs to the interfaces, in as many tags as it takes: a name that says it needs no @return.
  'use-natspec': 'off',
  // Constructors take no visibility since Solidity 0.7.
  'func-visibility': ['error', { ignoreConstructors: true }],
  // Immutables and constants are written in capitals, private ones too.
  'private-vars-leading-underscore': 'off',
  // A check per line is no complexity; seven of them are usual where a message of strangers comes in.
  'code-complexity': ['error', 10],
  // Functions stand beside those that they belong with.
  ordering: 'off',
  'imports-order': 'off',
  'one-contract-per-file': 'off',
  // forge fmt breaks code at 120 columns; a comment may end in a long word.
  'max-line-length': ['error', 124],
  // Hours and days are what these clocks count; a block's second may be off by more.
  'not-rely-on-time': 'off',
  // Where it is, it says why, and is marked memory-safe.
  'no-inline-assembly': 'off',
  // Three arguments in their natural order need no names.
  'func-named-parameters': 'off',
  'named-parameters-mapping': 'off',
  // Free functions and contracts that others build on have no interface of their own.
  'comprehensive-interface': 'off',
  // A permit that fails is no reason to fail: somebody may have used it before us.
  'no-empty-blocks': 'off',
  // What a call costs is measured, to the unit of gas, by the snapshots.
  'gas-increment-by-one': 'off',
  'gas-indexed-events': 'off',
  'gas-length-in-loops': 'off',
  'gas-named-return-values': 'off',
  'gas-small-strings': 'off',
  'gas-strict-inequalities': 'off',
  'gas-struct-packing': 'off',
  // Our tests say what they are about: test_RevertWhen_…; and src has none.
  'foundry-test-functions': 'off',
  'foundry-test-function-naming': 'off'
}

module.exports = { extends: 'solhint:all', rules: OFF }
