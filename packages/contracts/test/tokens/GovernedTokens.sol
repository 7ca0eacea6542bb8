// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Refuses whoever is on a list, as sender and as receiver; the large dollar tokens do.
contract BlacklistingToken is ERC20 {
    error Blacklisted(address account);

    mapping(address account => bool) public isBlacklisted;

    constructor() ERC20("Blacklisting", "LIST") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setBlacklisted(address account, bool blacklisted) external {
        isBlacklisted[account] = blacklisted;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (isBlacklisted[from]) revert Blacklisted(from);
        if (isBlacklisted[to]) revert Blacklisted(to);
        super._update(from, to, amount);
    }
}

/// @notice Can be stopped altogether.
contract PausableToken is ERC20 {
    error Paused();

    bool public paused;

    constructor() ERC20("Pausable", "STOP") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setPaused(bool paused_) external {
        paused = paused_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (paused) revert Paused();
        super._update(from, to, amount);
    }
}

/// @notice All balances grow and shrink together, by themselves.
contract RebasingToken is ERC20 {
    uint256 private _percent = 100;

    constructor() ERC20("Rebasing", "BASE") {}

    /// @dev Amounts of shares: as much as tokens while a share is worth one.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function rebase(uint256 percent) external {
        _percent = percent;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) * _percent / 100;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount * 100 / _percent);
    }
}
