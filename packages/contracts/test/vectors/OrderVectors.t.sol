// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {Cheque, ChequeHash} from "../../src/messages/Cheque.sol";
import {Opening, OpeningHash} from "../../src/messages/Opening.sol";
import {Withdrawal, WithdrawalHash} from "../../src/messages/Withdrawal.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ChannelMeta} from "../../src/types/ChannelMeta.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";
import {VectorCase, VectorFile, VectorFiles} from "./VectorFile.sol";

/// @notice Computes from the plain values what the TypeScript side committed, from memory and from calldata.
contract OrderVectorsTest is Test {
    function test_Cheque() public view {
        VectorFile memory file = VectorFiles.open("cheque");
        vm.assertEq(ChequeHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            Cheque memory cheque = Cheque(
                c.account("payer"),
                c.account("payee"),
                c.account("token"),
                uint64(c.number("nonce")),
                uint128(c.number("amount")),
                uint64(c.number("expiresAt"))
            );
            _assertSigned(file, c, cheque.hash());
            vm.assertEq(this.hashOfCalldata(cheque), cheque.hash(), c.text("name"));
        }
    }

    function test_Opening() public view {
        VectorFile memory file = VectorFiles.open("opening");
        vm.assertEq(OpeningHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            ChannelKey memory channel = ChannelKey(
                c.account("channel.payer"),
                c.account("channel.payee"),
                c.account("channel.token"),
                c.account("channel.arbiter"),
                ChannelMeta.wrap(c.word("channel.meta"))
            );
            Opening memory order = Opening(
                channel,
                uint128(c.number("amount")),
                uint128(c.number("fee")),
                uint64(c.number("nonce")),
                uint64(c.number("expiresAt"))
            );
            _assertSigned(file, c, order.hash());
        }
    }

    function test_Withdrawal() public view {
        VectorFile memory file = VectorFiles.open("withdrawal");
        vm.assertEq(WithdrawalHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            Withdrawal memory order = Withdrawal(
                c.account("account"),
                c.account("token"),
                c.account("to"),
                uint128(c.number("amount")),
                uint128(c.number("fee")),
                uint64(c.number("nonce")),
                uint64(c.number("expiresAt"))
            );
            _assertSigned(file, c, order.hash());
            vm.assertEq(this.hashOfCalldata(order), order.hash(), c.text("name"));
        }
    }

    function hashOfCalldata(Cheque calldata cheque) external pure returns (bytes32) {
        return cheque.hashOfCalldata();
    }

    function hashOfCalldata(Withdrawal calldata order) external pure returns (bytes32) {
        return order.hashOfCalldata();
    }

    function _assertSigned(VectorFile memory file, VectorCase memory c, bytes32 structHash) private pure {
        vm.assertEq(structHash, c.word("structHash"), c.text("name"));
        bytes32 digest = MessageHashUtils.toTypedDataHash(file.bytes32At("separator"), structHash);
        vm.assertEq(digest, c.word("digest"), c.text("name"));
        (bytes32 r, bytes32 vs) = abi.decode(c.data("signature"), (bytes32, bytes32));
        vm.assertEq(ECDSA.recover(digest, r, vs), c.account("signer"), c.text("name"));
    }
}
