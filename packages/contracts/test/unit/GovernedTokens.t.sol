// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {BlacklistingToken, PausableToken, RebasingToken} from "../tokens/GovernedTokens.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice What becomes of the escrow's accounts when somebody else governs the token: only tokens that come in or go out
/// are stopped, nothing is lost, and other tokens notice nothing.
contract GovernedTokensTest is EscrowFixture {
    // ------------------------------------------------------------------------------------------------ blacklists

    function test_Blacklisted_Payee_IsPaid_AndWithdrawsToAnother() public {
        BlacklistingToken listing = new BlacklistingToken();
        _open(address(listing));
        listing.setBlacklisted(bob, true);
        assertEq(pay(sessionKey(), 40), 40, "paid");
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(BlacklistingToken.Blacklisted.selector, bob));
        escrow.withdraw(address(token), bob, 40);
        escrow.withdraw(address(token), carol, 40);
        assertEq(token.balanceOf(carol), 40, "tokens");
    }

    function test_Blacklisted_Payer_IsRefunded_AndStopsNobody() public {
        BlacklistingToken listing = new BlacklistingToken();
        _open(address(listing));
        listing.setBlacklisted(alice, true);
        pay(sessionKey(), 40);
        vm.prank(bob);
        assertEq(escrow.close(sessionKey()), 60, "refunded");
        vm.prank(bob);
        escrow.withdraw(address(token), bob, 40);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(BlacklistingToken.Blacklisted.selector, alice));
        escrow.withdraw(address(token), alice, 60);
        listing.setBlacklisted(alice, false);
        vm.prank(alice);
        escrow.withdraw(address(token), alice, 60);
    }

    /// @dev Nothing of this token goes out or comes in until it is lifted; inside, and in other tokens, all goes on.
    function test_Blacklisted_Escrow_KeepsEverythingUntilItIsLifted() public {
        ITestToken other = token;
        vm.prank(alice);
        escrow.deposit(address(other), alice, 7);
        BlacklistingToken listing = new BlacklistingToken();
        _open(address(listing));
        listing.setBlacklisted(address(escrow), true);
        pay(sessionKey(), 40);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(BlacklistingToken.Blacklisted.selector, address(escrow)));
        escrow.withdraw(address(token), bob, 40);
        escrow.close(sessionKey());
        assertBalance(bob, 40);
        assertBalance(alice, 60);
        listing.setBlacklisted(address(escrow), false);
        escrow.withdraw(address(token), bob, 40);
        vm.stopPrank();
        vm.prank(alice);
        escrow.withdraw(address(other), alice, 7);
    }

    // ---------------------------------------------------------------------------------------------------- pauses

    function test_Paused_StopsOnlyWhatComesInAndGoesOut() public {
        PausableToken pausable = new PausableToken();
        _open(address(pausable));
        pausable.setPaused(true);
        vm.startPrank(alice);
        vm.expectRevert(PausableToken.Paused.selector);
        escrow.deposit(address(token), alice, 1);
        uint256 closeAt = escrow.requestClose(sessionKey());
        vm.stopPrank();
        pay(sessionKey(), 40);
        vm.prank(bob);
        vm.expectRevert(PausableToken.Paused.selector);
        escrow.withdraw(address(token), bob, 40);
        vm.warp(closeAt);
        assertEq(escrow.close(sessionKey()), 60, "refunded");
        pausable.setPaused(false);
        vm.prank(bob);
        escrow.withdraw(address(token), bob, 40);
        vm.prank(alice);
        escrow.withdraw(address(token), alice, 60);
        assertEq(escrow.liabilities(address(token)), 0, "liabilities");
    }

    // --------------------------------------------------------------------------------------------------- rebases

    /// @dev What grows belongs to nobody: accounts are what was put in.
    function test_RebasedUp_PaysWhatWasPutIn() public {
        RebasingToken rebasing = new RebasingToken();
        _open(address(rebasing));
        rebasing.rebase(200);
        assertEq(token.balanceOf(address(escrow)), 200, "tokens");
        pay(sessionKey(), 100);
        vm.prank(bob);
        escrow.withdraw(address(token), bob, 100);
        assertEq(token.balanceOf(bob), 100, "tokens");
        assertEq(escrow.liabilities(address(token)), 0, "liabilities");
        // A later deposit is credited by itself, and not by what grew.
        vm.prank(alice);
        assertEq(escrow.deposit(address(token), alice, 10), 10, "credited");
    }

    /// @dev The escrow then owes more than it has, which everybody can see; who comes last gets nothing. Holders of other
    /// tokens are not touched.
    function test_RebasedDown_PaysWhoComesFirst() public {
        ITestToken other = token;
        vm.prank(alice);
        escrow.deposit(address(other), alice, 7);
        RebasingToken rebasing = new RebasingToken();
        _open(address(rebasing));
        pay(sessionKey(), 50);
        vm.prank(bob);
        escrow.close(sessionKey());
        rebasing.rebase(50);
        assertEq(escrow.liabilities(address(token)), 100, "liabilities");
        assertEq(token.balanceOf(address(escrow)), 50, "tokens");
        vm.prank(bob);
        escrow.withdraw(address(token), bob, 50);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, address(escrow), 0, 100));
        escrow.withdraw(address(token), alice, 50);
        assertBalance(alice, 50);
        escrow.withdraw(address(other), alice, 7);
    }

    /// @dev alice -> bob over 100 of another token.
    function _open(address other) private {
        token = ITestToken(other);
        token.mint(alice, 200);
        vm.startPrank(alice);
        token.approve(address(escrow), 200);
        escrow.depositAndOpen(sessionKey(), 100);
        vm.stopPrank();
    }
}
