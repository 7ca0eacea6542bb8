// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IEscrowDeposits, Permit2Terms} from "../../src/interfaces/IEscrowDeposits.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {FeeToken} from "../tokens/HostileTokens.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {Permit2} from "../utils/Permit2.sol";
import {vm} from "../utils/Vm.sol";

interface IPermit2Domain {
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}

/// @notice Against the real Permit2.
contract DepositWithPermit2Test is EscrowFixture {
    bytes32 private constant TYPEHASH = keccak256(
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,"
        "Deposit witness)Deposit(address account,bytes32 channel)TokenPermissions(address token,uint256 amount)"
    );
    bytes32 private constant PERMISSIONS_TYPEHASH = keccak256("TokenPermissions(address token,uint256 amount)");
    bytes32 private constant WITNESS_TYPEHASH = keccak256("Deposit(address account,bytes32 channel)");
    ChannelId private constant NO_CHANNEL = ChannelId.wrap(0);
    // What Permit2 reverts with.
    bytes4 private constant INVALID_SIGNER = bytes4(keccak256("InvalidSigner()"));
    bytes4 private constant INVALID_NONCE = bytes4(keccak256("InvalidNonce()"));
    bytes4 private constant SIGNATURE_EXPIRED = bytes4(keccak256("SignatureExpired(uint256)"));

    function setUp() public override {
        super.setUp();
        Permit2.deploy();
        vm.startPrank(alice);
        token.approve(address(escrow), 0);
        token.approve(address(Permit2.AT), type(uint256).max);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------------------------------------ to a balance

    function test_CreditsTo_WhoeverBringsIt() public {
        Permit2Terms memory terms = _terms(7);
        bytes memory signature = _sign(terms, bob, NO_CHANNEL);
        vm.expectEmit(address(escrow));
        emit IEscrowDeposits.Deposited(address(token), bob, alice, 7);
        vm.prank(mallory);
        assertEq(escrow.depositWithPermit2(address(token), bob, terms, signature), 7, "credited");
        assertBalance(bob, 7);
        assertBalance(alice, 0);
        assertEq(escrow.liabilities(address(token)), 7, "liabilities");
    }

    function test_RevertWhen_AnythingSignedIsChanged() public {
        Permit2Terms memory terms = _terms(7);
        bytes memory signature = _sign(terms, alice, NO_CHANNEL);
        _refuses(INVALID_SIGNER, mallory, terms, signature);
        terms.amount = 8;
        _refuses(INVALID_SIGNER, alice, terms, signature);
        terms = _terms(7);
        terms.nonce = 1;
        _refuses(INVALID_SIGNER, alice, terms, signature);
        terms = _terms(7);
        terms.owner = bob;
        _refuses(INVALID_SIGNER, alice, terms, signature);
    }

    function test_RevertWhen_ItIsForAChannel() public {
        Permit2Terms memory terms = _terms(7);
        _refuses(INVALID_SIGNER, alice, terms, _sign(terms, alice, sessionKey().id()));
    }

    function test_RevertWhen_BroughtTwice() public {
        Permit2Terms memory terms = _terms(7);
        bytes memory signature = _sign(terms, alice, NO_CHANNEL);
        escrow.depositWithPermit2(address(token), alice, terms, signature);
        _refuses(INVALID_NONCE, alice, terms, signature);
    }

    function test_RevertWhen_Expired() public {
        Permit2Terms memory terms = _terms(7);
        bytes memory signature = _sign(terms, alice, NO_CHANNEL);
        vm.warp(terms.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(SIGNATURE_EXPIRED, terms.deadline));
        escrow.depositWithPermit2(address(token), alice, terms, signature);
    }

    function test_RevertWhen_ToIsZero_OrNothingArrives() public {
        Permit2Terms memory terms = _terms(7);
        bytes memory signature = _sign(terms, address(0), NO_CHANNEL);
        vm.expectRevert(IEscrow.AccountZero.selector);
        escrow.depositWithPermit2(address(token), address(0), terms, signature);
        terms = _terms(0);
        signature = _sign(terms, alice, NO_CHANNEL);
        vm.expectRevert(IEscrow.AmountZero.selector);
        escrow.depositWithPermit2(address(token), alice, terms, signature);
    }

    function test_RevertWhen_ChainHasNoPermit2() public {
        Permit2Terms memory terms = _terms(7);
        bytes memory signature = _sign(terms, alice, NO_CHANNEL);
        vm.etch(address(Permit2.AT), "");
        vm.expectRevert();
        escrow.depositWithPermit2(address(token), alice, terms, signature);
    }

    function test_FeeOnTransfer_IsCreditedByWhatArrived() public {
        token = ITestToken(address(new FeeToken()));
        token.mint(alice, 1000);
        vm.prank(alice);
        token.approve(address(Permit2.AT), 1000);
        Permit2Terms memory terms = _terms(1000);
        bytes memory signature = _sign(terms, alice, NO_CHANNEL);
        assertEq(escrow.depositWithPermit2(address(token), alice, terms, signature), 990, "credited");
    }

    // ------------------------------------------------------------------------------------------------ to a channel

    function test_Open_PutsItInTheChannel_WhoeverBringsIt() public {
        ChannelKey memory key = sessionKey();
        Permit2Terms memory terms = _terms(7);
        bytes memory signature = _sign(terms, alice, key.id());
        vm.expectEmit(address(escrow));
        emit IEscrowDeposits.Deposited(address(token), alice, alice, 7);
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelOpened(key.id(), alice, bob, address(token), address(0), _meta(key));
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelFunded(key.id(), alice, 7, 7);
        vm.prank(mallory);
        escrow.depositAndOpenWithPermit2(key, terms, signature);
        assertChannel(key, 7, 0, 0);
        assertBalance(alice, 0);
    }

    function test_Open_RevertWhen_TheChannelIsAnother() public {
        Permit2Terms memory terms = _terms(7);
        bytes memory signature = _sign(terms, alice, sessionKey().id());
        vm.expectRevert(INVALID_SIGNER);
        escrow.depositAndOpenWithPermit2(keyOf(alice, mallory, session, 1), terms, signature);
        signature = _sign(terms, alice, NO_CHANNEL);
        vm.expectRevert(INVALID_SIGNER);
        escrow.depositAndOpenWithPermit2(sessionKey(), terms, signature);
    }

    function test_Open_RevertWhen_ThePayerIsAnother() public {
        ChannelKey memory key = sessionKey();
        Permit2Terms memory terms = _terms(7);
        bytes memory signature = _sign(terms, mallory, key.id());
        vm.expectRevert(INVALID_SIGNER);
        escrow.depositAndOpenWithPermit2(key, terms, signature);
    }

    function _refuses(bytes4 reason, address to, Permit2Terms memory terms, bytes memory signature) private {
        vm.expectRevert(reason);
        escrow.depositWithPermit2(address(token), to, terms, signature);
    }

    function _terms(uint256 amount) private view returns (Permit2Terms memory) {
        return Permit2Terms(alice, amount, 0, block.timestamp + 1 hours);
    }

    function _meta(ChannelKey memory key) private pure returns (bytes32 meta) {
        (,,,, meta) = abi.decode(abi.encode(key), (address, address, address, address, bytes32));
    }

    function _sign(Permit2Terms memory terms, address account, ChannelId channel) private view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                TYPEHASH,
                keccak256(abi.encode(PERMISSIONS_TYPEHASH, address(token), terms.amount)),
                address(escrow),
                terms.nonce,
                terms.deadline,
                keccak256(abi.encode(WITNESS_TYPEHASH, account, channel))
            )
        );
        bytes32 domain = IPermit2Domain(address(Permit2.AT)).DOMAIN_SEPARATOR();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_SECRET, MessageHashUtils.toTypedDataHash(domain, structHash));
        return abi.encodePacked(r, s, v);
    }
}
