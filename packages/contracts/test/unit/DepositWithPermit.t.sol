// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IEscrowDeposits} from "../../src/interfaces/IEscrowDeposits.sol";
import {SilentToken} from "../tokens/HostileTokens.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

contract DepositWithPermitTest is EscrowFixture {
    bytes32 private constant TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    uint256 private deadline;

    function setUp() public override {
        super.setUp();
        deadline = block.timestamp + 1 hours;
        vm.prank(alice);
        token.approve(address(escrow), 0);
    }

    function test_CreditsTo_WithoutAnApprovalBefore() public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(7);
        vm.expectEmit(address(escrow));
        emit IEscrowDeposits.Deposited(address(token), bob, alice, 7);
        vm.prank(alice);
        assertEq(escrow.depositWithPermit(address(token), bob, 7, deadline, v, r, s), 7, "credited");
        assertBalance(bob, 7);
        assertEq(escrow.liabilities(address(token)), 7, "liabilities");
        assertEq(token.allowance(alice, address(escrow)), 0, "allowance");
    }

    /// @dev Whoever sees the signature may bring it to the token first. That approves what it was for all the same.
    function test_WhenSomebodyBroughtThePermitFirst_Works() public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(7);
        vm.prank(mallory);
        IERC20Permit(address(token)).permit(alice, address(escrow), 7, deadline, v, r, s);
        vm.prank(alice);
        assertEq(escrow.depositWithPermit(address(token), alice, 7, deadline, v, r, s), 7, "credited");
    }

    function test_RevertWhen_ThePermitIsSomebodyElses() public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(7);
        token.mint(mallory, 7);
        vm.prank(mallory);
        bytes4 reason = IERC20Errors.ERC20InsufficientAllowance.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, address(escrow), 0, 7));
        escrow.depositWithPermit(address(token), mallory, 7, deadline, v, r, s);
    }

    function test_RevertWhen_ThePermitIsForLess_OrExpired() public {
        bytes4 reason = IERC20Errors.ERC20InsufficientAllowance.selector;
        (uint8 v, bytes32 r, bytes32 s) = _permit(7);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(reason, address(escrow), 0, 8));
        escrow.depositWithPermit(address(token), alice, 8, deadline, v, r, s);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(reason, address(escrow), 0, 7));
        escrow.depositWithPermit(address(token), alice, 7, deadline, v, r, s);
    }

    function test_RevertWhen_ToIsZero() public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(7);
        vm.prank(alice);
        vm.expectRevert(IEscrow.AccountZero.selector);
        escrow.depositWithPermit(address(token), address(0), 7, deadline, v, r, s);
    }

    /// @dev Takes what was approved the usual way: a permit that fails stops nothing.
    function test_WhenTheTokenKnowsNoPermit_TakesWhatWasApproved() public {
        SilentToken silent = new SilentToken();
        silent.mint(alice, 7);
        vm.startPrank(alice);
        silent.approve(address(escrow), 7);
        assertEq(escrow.depositWithPermit(address(silent), alice, 7, deadline, 27, 0, 0), 7, "credited");
    }

    function _permit(uint256 amount) private view returns (uint8, bytes32, bytes32) {
        bytes32 structHash = keccak256(abi.encode(TYPEHASH, alice, address(escrow), amount, 0, deadline));
        bytes32 domain = ERC20Permit(address(token)).DOMAIN_SEPARATOR();
        return vm.sign(ALICE_SECRET, MessageHashUtils.toTypedDataHash(domain, structHash));
    }
}
