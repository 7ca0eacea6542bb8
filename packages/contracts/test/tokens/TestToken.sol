// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Test US dollar: worth nothing, for local chains and test networks
/// @dev 18 decimals, EIP-2612 permit, and anybody may mint.
contract TestToken is ERC20Permit {
    constructor() ERC20("Archipel Test Dollar", "tUSD") ERC20Permit("Archipel Test Dollar") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
