// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Authorization, IEscrowDeposits} from "../../src/interfaces/IEscrowDeposits.sol";
import {AuthorizationToken} from "../tokens/AuthorizationToken.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

contract DepositWithAuthorizationTest is EscrowFixture {
    bytes32 private constant TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,"
        "bytes32 nonce)"
    );

    function setUp() public override {
        super.setUp();
        token = ITestToken(address(new AuthorizationToken()));
        token.mint(alice, FUNDS);
    }

    function test_CreditsTo_WhoeverBringsIt() public {
        Authorization memory authorization = _authorization(7);
        (uint8 v, bytes32 r, bytes32 s) = _sign(authorization, bob);
        vm.expectEmit(address(escrow));
        emit IEscrowDeposits.Deposited(address(token), bob, alice, 7);
        vm.prank(mallory);
        assertEq(escrow.depositWithAuthorization(address(token), bob, authorization, v, r, s), 7, "credited");
        assertBalance(bob, 7);
        assertBalance(alice, 0);
        assertEq(escrow.liabilities(address(token)), 7, "liabilities");
    }

    /// @dev The token checks the nonce, and the nonce is made of the account: another one is another nonce.
    function test_RevertWhen_ToIsAnother() public {
        Authorization memory authorization = _authorization(7);
        (uint8 v, bytes32 r, bytes32 s) = _sign(authorization, alice);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        escrow.depositWithAuthorization(address(token), mallory, authorization, v, r, s);
    }

    function test_RevertWhen_BroughtTwice() public {
        Authorization memory authorization = _authorization(7);
        (uint8 v, bytes32 r, bytes32 s) = _sign(authorization, alice);
        escrow.depositWithAuthorization(address(token), alice, authorization, v, r, s);
        vm.expectRevert();
        escrow.depositWithAuthorization(address(token), alice, authorization, v, r, s);
        assertBalance(alice, 7);
    }

    function test_RevertWhen_NotGoodYet_OrNotAnyMore() public {
        Authorization memory authorization = _authorization(7);
        (uint8 v, bytes32 r, bytes32 s) = _sign(authorization, alice);
        vm.warp(authorization.validAfter);
        vm.expectRevert();
        escrow.depositWithAuthorization(address(token), alice, authorization, v, r, s);
        vm.warp(authorization.validBefore);
        vm.expectRevert();
        escrow.depositWithAuthorization(address(token), alice, authorization, v, r, s);
    }

    function test_RevertWhen_ToIsZero() public {
        Authorization memory authorization = _authorization(7);
        (uint8 v, bytes32 r, bytes32 s) = _sign(authorization, address(0));
        vm.expectRevert(IEscrow.AccountZero.selector);
        escrow.depositWithAuthorization(address(token), address(0), authorization, v, r, s);
    }

    /// @dev Only the escrow may use the signature: it is for a transfer that its receiver makes.
    function test_NobodyElseCanUseIt() public {
        Authorization memory authorization = _authorization(7);
        (uint8 v, bytes32 r, bytes32 s) = _sign(authorization, alice);
        bytes32 nonce = escrow.nonceOfAuthorization(alice, authorization.salt);
        vm.prank(mallory);
        vm.expectRevert();
        ERC3009(address(token))
            .receiveWithAuthorization(
                alice, address(escrow), 7, authorization.validAfter, authorization.validBefore, nonce, v, r, s
            );
        assertEq(token.balanceOf(address(escrow)), 0, "tokens");
    }

    function _authorization(uint256 amount) private view returns (Authorization memory) {
        return Authorization(alice, amount, block.timestamp - 1, block.timestamp + 1 hours, keccak256("salt"));
    }

    function _sign(Authorization memory authorization, address to) private view returns (uint8, bytes32, bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                TYPEHASH,
                authorization.from,
                address(escrow),
                authorization.amount,
                authorization.validAfter,
                authorization.validBefore,
                keccak256(abi.encode(to, authorization.salt))
            )
        );
        bytes32 domain = AuthorizationToken(address(token)).DOMAIN_SEPARATOR();
        return vm.sign(ALICE_SECRET, MessageHashUtils.toTypedDataHash(domain, structHash));
    }
}
