// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../src/interfaces/IBonds.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IUptime} from "../../src/interfaces/IUptime.sol";
import {ServiceTerms} from "../../src/messages/ServiceTerms.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";
import {UptimeHandler} from "./UptimeHandler.sol";

/// @notice See README.md beside this file.
contract UptimeInvariantTest is Test {
    UptimeHandler private handler;
    IUptime private uptime;
    IEscrow private escrow;
    IBonds private bonds;
    ITestToken private token;
    address private bob;

    function setUp() public {
        handler = new UptimeHandler();
        address escrow_;
        address bonds_;
        address token_;
        (uptime, escrow_, bonds_, token_, bob) = handler.world();
        (escrow, bonds, token) = (IEscrow(escrow_), IBonds(bonds_), ITestToken(token_));
        bytes4[] memory calls = new bytes4[](9);
        calls[0] = UptimeHandler.wait.selector;
        calls[1] = UptimeHandler.redeem.selector;
        calls[2] = UptimeHandler.redeemByBuyer.selector;
        calls[3] = UptimeHandler.credit.selector;
        calls[4] = UptimeHandler.end.selector;
        calls[5] = UptimeHandler.voucher.selector;
        calls[6] = UptimeHandler.fund.selector;
        calls[7] = UptimeHandler.close.selector;
        calls[8] = UptimeHandler.expose.selector;
        targetOnly(address(handler), calls);
    }

    function invariant_NoIntervalIsPaidTwiceOrBothWays() public view {
        for (uint256 i = 0; i < handler.SERVICES(); ++i) {
            (ServiceTerms memory terms,) = handler.serviceAt(i);
            UptimeHandler.Model memory model = handler.modelOf(i);
            (uint256 redeemed, uint256 credited,,,) = uptime.serviceOf(uptime.termsDigest(terms));
            assertEq(redeemed, model.redeemed, "redeemed");
            assertEq(credited, model.credited, "credited");
            uint256 passed = uptime.elapsed(terms);
            uint256 up = (redeemed + terms.pricePerInterval - 1) / terms.pricePerInterval;
            uint256 down = (credited + terms.creditPerInterval - 1) / terms.creditPerInterval;
            vm.assertLe(up + down, passed, "more than have passed");
        }
    }

    function invariant_EveryCoinIsAccountedFor() public view {
        uint256 redeemed;
        uint256 credited;
        uint256 held;
        for (uint256 i = 0; i < handler.SERVICES(); ++i) {
            (, ChannelKey memory key) = handler.serviceAt(i);
            (uint256 deposit, uint256 settled,) = escrow.channels(key.id());
            held += deposit - settled;
            redeemed += handler.modelOf(i).redeemed;
            credited += handler.modelOf(i).credited;
        }
        assertEq(escrow.balanceOf(address(token), bob), redeemed + handler.vouchers(), "payee");
        assertEq(bonds.claimable(address(token), handler.payer()), credited, "payer");
        uint256 owed = held + escrow.balanceOf(address(token), bob);
        owed += escrow.balanceOf(address(token), handler.payer()) + 1_000_000; // the fixture's own channel
        assertEq(owed, escrow.liabilities(address(token)), "escrow");
        assertEq(escrow.liabilities(address(token)), token.balanceOf(address(escrow)), "escrow's tokens");
        (uint256 bond,,) = bonds.bondOf(address(token), bob);
        assertEq(bond + credited + bonds.burnt(address(token)), bonds.liabilities(address(token)), "bonds");
        assertEq(bonds.liabilities(address(token)), token.balanceOf(address(bonds)), "bonds' tokens");
    }
}
