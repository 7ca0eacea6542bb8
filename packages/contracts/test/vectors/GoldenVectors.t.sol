// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {ReceiptLog} from "../../src/libraries/ReceiptLog.sol";
import {Vouchers} from "../../src/libraries/Vouchers.sol";
import {Agreement, AgreementHash} from "../../src/messages/Agreement.sol";
import {Bid, BidHash} from "../../src/messages/Bid.sol";
import {Credential, CredentialHash} from "../../src/messages/Credential.sol";
import {Demand, DemandHash} from "../../src/messages/Demand.sol";
import {Offer, OfferHash} from "../../src/messages/Offer.sol";
import {Receipt, ReceiptHash} from "../../src/messages/Receipt.sol";
import {Resources} from "../../src/messages/Resources.sol";
import {Result, ResultHash} from "../../src/messages/Result.sol";
import {KeyCompromise, KeyCompromiseHash} from "../../src/messages/KeyCompromise.sol";
import {ServiceTerms, ServiceTermsHash} from "../../src/messages/ServiceTerms.sol";
import {UptimeTally, UptimeTallyHash} from "../../src/messages/UptimeTally.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ChannelMeta, ChannelMetas} from "../../src/types/ChannelMeta.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";
import {VectorCase, VectorFile, VectorFiles} from "./VectorFile.sol";

/// @notice Computes from the plain values what the TypeScript side committed: both ends of Archipel sign the same
/// bytes.
contract GoldenVectorsTest is Test {
    function test_Offer() public view {
        VectorFile memory file = VectorFiles.open("offer");
        vm.assertEq(OfferHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            Offer memory offer;
            offer.provider = c.account("provider");
            offer.owner = c.account("owner");
            offer.sequence = uint64(c.number("sequence"));
            offer.expiresAt = uint64(c.number("expiresAt"));
            offer.token = c.account("token");
            offer.resources = _resources(c);
            offer.runtimes = c.texts("runtimes");
            offer.isolation = c.text("isolation");
            offer.prices.startup = uint128(c.number("prices.startup"));
            offer.prices.cpuSec = uint128(c.number("prices.cpuSec"));
            offer.prices.memGiBSec = uint128(c.number("prices.memGiBSec"));
            offer.prices.terafuel = uint128(c.number("prices.terafuel"));
            offer.tickSec = uint32(c.number("tickSec"));
            offer.domains.site = c.text("domains.site");
            offer.domains.network = c.text("domains.network");
            offer.domains.region = c.text("domains.region");
            offer.domains.grid = c.text("domains.grid");
            offer.multiaddrs = c.texts("multiaddrs");
            offer.version = c.text("version");
            _assertSigned(file, c, offer.hash());
        }
    }

    function test_Demand() public view {
        VectorFile memory file = VectorFiles.open("demand");
        vm.assertEq(DemandHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            Demand memory demand;
            demand.buyer = c.account("buyer");
            demand.job = c.word("job");
            demand.workload.runtime = c.text("workload.runtime");
            demand.workload.program = c.data("workload.program");
            demand.workload.args = c.texts("workload.args");
            demand.workload.env = c.texts("workload.env");
            demand.workload.input = c.data("workload.input");
            demand.resources = _resources(c);
            demand.durationSec = uint32(c.number("durationSec"));
            demand.fuel = uint64(c.number("fuel"));
            demand.token = c.account("token");
            demand.priceMax = uint128(c.number("priceMax"));
            demand.deadline = uint64(c.number("deadline"));
            _assertSigned(file, c, demand.hash());
        }
    }

    function test_Bid() public view {
        VectorFile memory file = VectorFiles.open("bid");
        vm.assertEq(BidHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            Bid memory bid;
            bid.demand = c.word("demand");
            bid.provider = c.account("provider");
            bid.payee = c.account("payee");
            bid.startup = uint128(c.number("startup"));
            bid.rate = uint128(c.number("rate"));
            bid.priceMax = uint128(c.number("priceMax"));
            bid.tickSec = uint32(c.number("tickSec"));
            bid.expiresAt = uint64(c.number("expiresAt"));
            _assertSigned(file, c, bid.hash());
        }
    }

    function test_Agreement() public view {
        VectorFile memory file = VectorFiles.open("agreement");
        vm.assertEq(AgreementHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            _assertSigned(file, c, Agreement(c.word("demand"), c.word("bid"), c.word("channel")).hash());
        }
    }

    function test_Receipt() public view {
        VectorFile memory file = VectorFiles.open("receipt");
        vm.assertEq(ReceiptHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            Receipt memory receipt;
            receipt.agreement = c.word("agreement");
            receipt.sequence = uint32(c.number("sequence"));
            receipt.kind = uint8(c.number("kind"));
            receipt.result = c.word("result");
            receipt.usage.runMs = uint64(c.number("usage.runMs"));
            receipt.usage.memoryBytes = uint64(c.number("usage.memoryBytes"));
            receipt.usage.outputBytes = uint64(c.number("usage.outputBytes"));
            receipt.usage.fuel = uint64(c.number("usage.fuel"));
            receipt.amount = uint128(c.number("amount"));
            receipt.issuedAt = uint64(c.number("issuedAt"));
            _assertSigned(file, c, receipt.hash());
        }
    }

    function test_Result() public view {
        VectorFile memory file = VectorFiles.open("result");
        vm.assertEq(ResultHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            Result memory result = Result(uint32(c.number("exitCode")), c.data("stdout"), c.data("output"));
            vm.assertEq(result.hash(), c.word("structHash"), c.text("name"));
        }
    }

    function test_Voucher() public view {
        VectorFile memory file = VectorFiles.open("voucher");
        vm.assertEq(Vouchers.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            bytes32 digest = Vouchers.digest(
                file.bytes32At("separator"),
                ChannelId.wrap(c.word("channel")),
                uint128(c.number("cumulative")),
                c.word("commitment")
            );
            _assertDigest(c, digest);
        }
    }

    function test_Credential() public view {
        VectorFile memory file = VectorFiles.open("credential");
        vm.assertEq(CredentialHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            Credential memory credential;
            credential.issuer = c.account("issuer");
            credential.subject = c.account("subject");
            credential.schema = c.word("schema");
            credential.claims = c.word("claims");
            credential.issuedAt = uint64(c.number("issuedAt"));
            credential.expiresAt = uint64(c.number("expiresAt"));
            credential.index = c.number("index");
            _assertSigned(file, c, credential.hash());
        }
    }

    function test_KeyCompromise() public view {
        VectorFile memory file = VectorFiles.open("key-compromise");
        vm.assertEq(KeyCompromiseHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            _assertSigned(file, c, KeyCompromise(c.account("issuer"), uint64(c.number("since"))).hash());
        }
    }

    function test_ServiceTerms() public view {
        VectorFile memory file = VectorFiles.open("service-terms");
        vm.assertEq(ServiceTermsHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            ServiceTerms memory terms;
            terms.deployment = c.word("deployment");
            terms.slot = uint32(c.number("slot"));
            terms.provider = c.account("provider");
            terms.payee = c.account("payee");
            terms.token = c.account("token");
            terms.channel = c.word("channel");
            terms.witnesses = c.accounts("witnesses");
            terms.quorum = uint8(c.number("quorum"));
            terms.startsAt = uint64(c.number("startsAt"));
            terms.intervalSec = uint32(c.number("intervalSec"));
            terms.intervalsMax = uint32(c.number("intervalsMax"));
            terms.pricePerInterval = uint128(c.number("pricePerInterval"));
            terms.creditPerInterval = uint128(c.number("creditPerInterval"));
            _assertSigned(file, c, terms.hash());
        }
    }

    function test_UptimeTally() public view {
        VectorFile memory file = VectorFiles.open("uptime-tally");
        vm.assertEq(UptimeTallyHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            UptimeTally memory tally;
            tally.terms = c.word("terms");
            tally.epoch = uint64(c.number("epoch"));
            tally.up = uint32(c.number("up"));
            tally.down = uint32(c.number("down"));
            tally.through = uint32(c.number("through"));
            _assertSigned(file, c, tally.hash());
        }
    }

    function test_Channel() public view {
        VectorFile memory file = VectorFiles.open("channel");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            ChannelMeta meta = ChannelMetas.encode(
                c.account("metaSigner"), uint32(c.number("closeDelaySec")), uint64(c.number("salt"))
            );
            vm.assertEq(ChannelMeta.unwrap(meta), c.word("meta"), c.text("name"));
            ChannelKey memory key =
                ChannelKey(c.account("payer"), c.account("payee"), c.account("token"), c.account("arbiter"), meta);
            vm.assertEq(ChannelId.unwrap(key.id()), c.word("id"), c.text("name"));
            vm.assertEq(key.voucherSigner(), c.account("voucherSigner"), c.text("name"));
        }
    }

    function test_ReceiptLog() public view {
        VectorFile memory file = VectorFiles.open("receipt-log");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            bytes32[] memory receipts = c.words("receipts");
            uint256[] memory cumulatives = c.numbers("cumulatives");
            bytes32[] memory leaves = c.words("leaves");
            assertEq(leaves.length, c.number("size"), c.text("name"));
            for (uint256 j = 0; j < leaves.length; ++j) {
                vm.assertEq(ReceiptLog.leaf(receipts[j], uint128(cumulatives[j])), leaves[j], c.text("name"));
            }
            vm.assertEq(ReceiptLog.root(leaves), c.word("root"), c.text("name"));
            vm.assertEq(ReceiptLog.commitment(leaves), c.word("commitment"), c.text("name"));
        }
    }

    /// @dev The escrow itself, put where the vectors say it is.
    function test_Domain() public {
        VectorFile memory file = VectorFiles.open("domain");
        IEscrow escrow = IEscrow(vm.deployCode("Escrow.sol:Escrow"));
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            // Some addresses and chain ids of the vectors are none that code can run at.
            if (c.number("chainId") == 0 || c.account("verifyingContract") == address(0)) continue;
            vm.chainId(c.number("chainId"));
            vm.etch(c.account("verifyingContract"), address(escrow).code);
            vm.assertEq(IEscrow(c.account("verifyingContract")).domainSeparator(), c.word("separator"), c.text("name"));
        }
    }

    function _resources(VectorCase memory c) private pure returns (Resources memory) {
        return Resources(
            uint32(c.number("resources.cpuMillis")),
            uint64(c.number("resources.memoryBytes")),
            uint64(c.number("resources.diskBytes"))
        );
    }

    function _assertSigned(VectorFile memory file, VectorCase memory c, bytes32 structHash) private pure {
        vm.assertEq(structHash, c.word("structHash"), c.text("name"));
        _assertDigest(c, MessageHashUtils.toTypedDataHash(file.bytes32At("separator"), structHash));
    }

    function _assertDigest(VectorCase memory c, bytes32 digest) private pure {
        vm.assertEq(digest, c.word("digest"), c.text("name"));
        bytes memory signature = c.data("signature");
        assertEq(signature.length, 64, c.text("name"));
        (bytes32 r, bytes32 vs) = abi.decode(signature, (bytes32, bytes32));
        vm.assertEq(ECDSA.recover(digest, r, vs), c.account("signer"), c.text("name"));
    }
}
