// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../src/interfaces/IBonds.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";
import {BondsHandler} from "./BondsHandler.sol";

/// @notice See README.md beside this file.
contract BondsInvariantTest is Test {
    IBonds private bonds;
    ITestToken private token;
    BondsHandler private handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        IEscrow escrow = IEscrow(vm.deployCode("Escrow.sol:Escrow"));
        bonds = IBonds(vm.deployCode("Bonds.sol:Bonds", abi.encode(address(escrow))));
        token = ITestToken(vm.deployCode("TestToken.sol:TestToken"));
        handler = new BondsHandler(bonds, token, escrow.domainSeparator());
        bytes4[] memory calls = new bytes4[](15);
        calls[0] = BondsHandler.bond.selector;
        calls[1] = BondsHandler.requestExit.selector;
        calls[2] = BondsHandler.cancelExit.selector;
        calls[3] = BondsHandler.exit.selector;
        calls[4] = BondsHandler.expose.selector;
        calls[5] = BondsHandler.requestReduce.selector;
        calls[6] = BondsHandler.reduce.selector;
        calls[7] = BondsHandler.slashByArbiter.selector;
        calls[8] = BondsHandler.slashReceipts.selector;
        calls[9] = BondsHandler.slashReceiptsFor.selector;
        calls[10] = BondsHandler.slashOffers.selector;
        calls[11] = BondsHandler.collect.selector;
        calls[12] = BondsHandler.registerKey.selector;
        calls[13] = BondsHandler.wait.selector;
        calls[14] = BondsHandler.donate.selector;
        targetOnly(address(handler), calls);
    }

    function invariant_EveryCoinIsAccountedFor() public view {
        uint256 owed = bonds.burnt(address(token));
        assertEq(owed, handler.burnt(), "burnt");
        uint256 put;
        uint256 taken;
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            address account = handler.actor(i);
            BondsHandler.Model memory model = handler.modelOf(account);
            (uint256 amount, uint256 exiting, uint256 exitAt) = bonds.bondOf(address(token), account);
            assertEq(amount, model.bond, "bond");
            assertEq(exiting, model.exiting < amount ? model.exiting : amount, "exiting");
            assertEq(exitAt, model.exitAt, "exitAt");
            assertEq(bonds.claimable(address(token), account), model.claimable, "claimable");
            owed += amount + model.claimable;
            (put, taken) = (put + model.put, taken + model.taken);
        }
        assertEq(owed, bonds.liabilities(address(token)), "liabilities");
        assertEq(owed, put - taken, "in and out");
        assertEq(owed + handler.donated(), token.balanceOf(address(bonds)), "tokens");
    }

    function invariant_WhatIsExposed_IsThere_ForItsArbiterAlone() public view {
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            address owner = handler.actor(i);
            (uint256 amount,,) = bonds.bondOf(address(token), owner);
            uint256 sum;
            for (uint256 j = 0; j < handler.ARBITERS(); ++j) {
                address judge = handler.arbiter(j);
                BondsHandler.ExposureModel memory model = handler.exposureModel(owner, judge);
                uint256 cap = bonds.exposureOf(address(token), owner, judge);
                assertEq(cap, model.cap, "cap");
                assertEq(cap + model.slashed, model.raised, "lowered by another");
                vm.assertLe(bonds.coverOf(address(token), owner, judge), cap, "cover");
                sum += cap;
            }
            assertEq(bonds.exposedOf(address(token), owner), sum, "exposed");
            vm.assertLe(sum, amount, "exposed beyond the bond");
        }
    }

    function invariant_NobodyGains_BySlashingHimself() public view {
        vm.assertTrue(!handler.slashPaid(), "a slash paid more than it cost");
        uint256 lost;
        uint256 gained;
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            BondsHandler.Model memory model = handler.modelOf(handler.actor(i));
            (lost, gained) = (lost + model.lost, gained + model.gained);
        }
        assertEq(lost, gained + handler.burnt(), "lost");
        vm.assertLe(gained, handler.burnt() * 4, "burnt share");
    }

    function invariant_AFaultIsPunishedOnce() public view {
        bytes32[] memory faults = handler.faults();
        for (uint256 i = 0; i < faults.length; ++i) {
            (bool punished, uint256 compensated) = bonds.faultOf(address(token), faults[i]);
            vm.assertTrue(punished == handler.punished(faults[i]), "punished");
            assertEq(compensated, handler.compensated(faults[i]), "compensated");
            vm.assertLe(handler.punishments(faults[i]), 1, "twice");
        }
    }
}
