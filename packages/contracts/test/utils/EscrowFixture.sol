// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Vouchers} from "../../src/libraries/Vouchers.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ChannelMeta, ChannelMetas} from "../../src/types/ChannelMeta.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {compact} from "./CompactSignature.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

/// @notice An escrow, a token, and the usual people: alice buys, bob provides, carol provides too, mallory cheats.
abstract contract EscrowFixture is Test {
    uint256 internal constant ALICE_SECRET = 0xA11CE;
    uint256 internal constant SESSION_SECRET = 0x5E5510;
    uint256 internal constant MALLORY_SECRET = 0xBAD;
    uint256 internal constant FUNDS = 1_000_000 ether;
    uint32 internal constant CLOSE_DELAY_SEC = 1 days;
    bytes32 internal constant COMMITMENT = keccak256("receipts");

    IEscrow internal escrow;
    ITestToken internal token;
    address internal alice = vm.addr(ALICE_SECRET);
    address internal session = vm.addr(SESSION_SECRET);
    address internal mallory = vm.addr(MALLORY_SECRET);
    address internal bob = vm.addr(0xB0B);
    address internal carol = vm.addr(0xCA201);

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        escrow = IEscrow(vm.deployCode("Escrow.sol:Escrow"));
        token = ITestToken(vm.deployCode("TestToken.sol:TestToken"));
        token.mint(alice, FUNDS);
        vm.prank(alice);
        token.approve(address(escrow), type(uint256).max);
    }

    /// @notice alice -> bob, vouchers signed by alice's session key.
    function sessionKey() internal view returns (ChannelKey memory) {
        return keyOf(alice, bob, session, 1);
    }

    function keyOf(address payer, address payee, address signer, uint64 salt)
        internal
        view
        returns (ChannelKey memory)
    {
        return ChannelKey(payer, payee, address(token), address(0), ChannelMetas.encode(signer, CLOSE_DELAY_SEC, salt));
    }

    function openFor(ChannelKey memory key, uint256 amount) internal returns (ChannelId) {
        vm.prank(alice);
        return escrow.depositAndOpen(key, amount);
    }

    /// @notice Redeems a fresh voucher of the session key.
    function pay(ChannelKey memory key, uint128 cumulative) internal returns (uint256) {
        bytes memory signature = voucher(SESSION_SECRET, key, cumulative);
        return escrow.redeem(key, cumulative, COMMITMENT, compact(signature));
    }

    function voucher(uint256 secret, ChannelKey memory key, uint128 cumulative) internal view returns (bytes memory) {
        return signCompact(secret, voucherDigest(key.id(), cumulative, COMMITMENT));
    }

    /// @notice The voucher as `redeemMany` takes it.
    function record(uint256 secret, ChannelKey memory key, uint128 cumulative) internal view returns (bytes memory) {
        return abi.encodePacked(key.payer, key.meta, cumulative, COMMITMENT, voucher(secret, key, cumulative));
    }

    function voucherDigest(ChannelId id, uint128 cumulative, bytes32 commitment) internal view returns (bytes32) {
        return Vouchers.digest(escrow.domainSeparator(), id, cumulative, commitment);
    }

    function signCompact(uint256 secret, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function assertChannel(ChannelKey memory key, uint256 deposit, uint256 settled, uint256 closeAt) internal view {
        (uint256 deposit_, uint256 settled_, uint256 closeAt_) = escrow.channels(key.id());
        vm.assertEq(deposit_, deposit, "deposit");
        vm.assertEq(settled_, settled, "settled");
        vm.assertEq(closeAt_, closeAt, "closeAt");
    }

    function assertBalance(address account, uint256 expected) internal view {
        vm.assertEq(escrow.balanceOf(address(token), account), expected, "balance");
    }
}
