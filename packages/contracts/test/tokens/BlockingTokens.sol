// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Lets blocked accounts neither send nor receive, as some stable coins do.
contract BlockingToken is ERC20 {
    mapping(address account => bool) public blocked;

    error Blocked(address account);

    constructor() ERC20("Blocking", "BLOCK") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setBlocked(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (blocked[from]) revert Blocked(from);
        if (blocked[to]) revert Blocked(to);
        super._update(from, to, amount);
    }
}

/// @notice Halves everybody's balance when told to, as a rebasing token may.
contract ShrinkingToken is ERC20 {
    uint256 private _divisor = 1;

    constructor() ERC20("Shrinking", "SHRINK") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount * _divisor);
    }

    function halve() external {
        _divisor *= 2;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) / _divisor;
    }

    function _update(address from, address to, uint256 amount) internal override {
        bool moved = from != address(0) && to != address(0);
        super._update(from, to, moved ? amount * _divisor : amount);
    }
}
