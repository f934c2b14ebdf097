#include "cloud/meter.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <thread>

namespace yun::cloud {
namespace {

namespace fs = std::filesystem;

class MeterTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = fs::temp_directory_path() / ("yun_meter_" + std::to_string(::getpid()) + "_" +
                                         testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(home_);
    fs::create_directories(home_);
  }
  void TearDown() override { fs::remove_all(home_); }
  std::unique_ptr<Meter> Open() {
    auto meter = Meter::Open(home_);
    EXPECT_TRUE(meter) << (meter ? "" : meter.error().message);
    return meter ? std::move(*meter) : nullptr;
  }
  fs::path home_;
};

MeterInfo Info(std::string receipt, std::string model) {
  MeterInfo info;
  info.receipt_id = std::move(receipt);
  info.workspace_id = "ws_1";
  info.account_id = "acc_1";
  info.key_id = "key_1";
  info.model = std::move(model);
  info.app = "app";
  info.partner_id = "prt_1";
  info.request_id = "req";
  info.currency = "CNY";
  info.price_version = "v1";
  info.free_id = "welcome";
  info.rates.priced = true;
  for (std::size_t i = 0; i < kKinds; ++i) info.rates.micro_per_million[i] = 100 + static_cast<std::int64_t>(i);
  info.rates.batch_ppm = 400'000;
  info.rates.discount_ppm = 7;
  info.batch = true;
  info.share_ppm = 200'000;
  info.reserved_micro = 55;
  info.free_reserved = 66;
  info.started_ms = 77;
  info.claim = {1, 2};
  return info;
}

Units Each(std::int64_t count) {
  Units units;
  units.of.fill(count);
  return units;
}

TEST_F(MeterTest, WhatWasNotFreedIsThereAtTheNextStart) {
  {
    auto meter = Open();
    auto a = meter->Begin(Info("rcp_a", "m"));
    auto a2 = meter->Begin(Info("rcp_a", "m"));
    auto b = meter->Begin(Info("rcp_b", "n"));
    ASSERT_TRUE(a && a2 && b);
    (*a)->Used(Each(1));
    (*a)->Used(Each(5));
    (*a2)->Used(Each(7));
    (*b)->Used(Each(9));
    meter->Free(**b);
    const Meter::Totals totals = meter->ReadTotals();
    EXPECT_EQ(totals.slots, 2u);
    EXPECT_EQ(totals.settled.at("n"), Each(9));
    EXPECT_EQ(totals.running.at("m"), Each(12));
  }
  auto meter = Open();
  EXPECT_EQ(meter->slots_in_use(), 2u);
  auto found = meter->Recover();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].used, Each(12));
  ASSERT_EQ(found[0].tickets.size(), 2u);
  const MeterInfo info = found[0].info, expected = Info("rcp_a", "m");
  EXPECT_EQ(std::tie(info.receipt_id, info.workspace_id, info.account_id, info.key_id, info.model, info.app,
                     info.partner_id, info.request_id, info.currency, info.price_version, info.free_id),
            std::tie(expected.receipt_id, expected.workspace_id, expected.account_id, expected.key_id, expected.model,
                     expected.app, expected.partner_id, expected.request_id, expected.currency, expected.price_version,
                     expected.free_id));
  EXPECT_EQ(std::tie(info.rates.priced, info.rates.micro_per_million, info.rates.batch_ppm, info.rates.discount_ppm,
                     info.batch, info.share_ppm, info.reserved_micro, info.free_reserved, info.started_ms, info.claim),
            std::tie(expected.rates.priced, expected.rates.micro_per_million, expected.rates.batch_ppm,
                     expected.rates.discount_ppm, expected.batch, expected.share_ppm, expected.reserved_micro,
                     expected.free_reserved, expected.started_ms, expected.claim));
  for (const auto& ticket : found[0].tickets) meter->Free(*ticket);
  const Meter::Totals totals = meter->ReadTotals();
  EXPECT_EQ(totals.slots, 0u);
  EXPECT_EQ(totals.settled.at("m"), Each(12));
}

TEST_F(MeterTest, OneProcessAtATimeAndOnlyItsOwnFiles) {
  {
    auto meter = Open();
    const auto second = Meter::Open(home_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::kUnavailable);
  }
  std::fstream(home_ / "meter.journal", std::ios::in | std::ios::out | std::ios::binary) << "something else";
  const auto other = Meter::Open(home_);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::kCorrupt);
  fs::resize_file(home_ / "meter.journal", 100);
  EXPECT_FALSE(Meter::Open(home_));
}

TEST_F(MeterTest, LongIdsAreRefusedLongNamesCut) {
  auto meter = Open();
  EXPECT_FALSE(meter->Begin(Info(std::string(40, 'r'), "m")));
  auto ticket = meter->Begin(Info("r", std::string(500, 'm')));
  ASSERT_TRUE(ticket);
  (*ticket)->Used(Each(1));
  EXPECT_EQ(meter->ReadTotals().running.begin()->first, std::string(127, 'm'));
}

TEST_F(MeterTest, AFullMeterRefusesAndManyModelsShareALine) {
  auto meter = Open();
  std::vector<std::shared_ptr<Ticket>> tickets;
  for (std::size_t i = 0; i < kMeterSlots; ++i) {
    auto ticket = meter->Begin(Info("r" + std::to_string(i), "m" + std::to_string(i % 2000)));
    ASSERT_TRUE(ticket);
    (*ticket)->Used(Each(1));
    tickets.push_back(*ticket);
  }
  const auto refused = meter->Begin(Info("r", "m"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kTooMany);
  for (const auto& ticket : tickets) meter->Free(*ticket);
  const Meter::Totals totals = meter->ReadTotals();
  EXPECT_EQ(totals.settled.size(), kMeterModels);
  Units sum;
  for (const auto& [model, units] : totals.settled) sum += units;
  EXPECT_EQ(sum, Each(kMeterSlots));
  EXPECT_TRUE(totals.settled.contains("(other)"));
}

TEST_F(MeterTest, AReaderSeesWholeCounts) {
  auto meter = Open();
  auto ticket = meter->Begin(Info("r", "m"));
  ASSERT_TRUE(ticket);
  std::jthread writer([&](std::stop_token stop) {
    for (std::int64_t i = 1; !stop.stop_requested(); ++i) (*ticket)->Used(Each(i));
  });
  std::int64_t last = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Units units = (*ticket)->used();
    ASSERT_EQ(units, Each(units.of[0]));
    ASSERT_GE(units.of[0], last);
    last = units.of[0];
  }
}

// A child computes and frees as fast as it can and is killed at some instant, many times over one journal. What it says
// beside the journal, before and after each step, bounds what must stand in it.
TEST_F(MeterTest, ExactAfterAKillAtAnyInstant) {
  constexpr int kThreads = 2, kRounds = 40;
  struct Said {
    std::atomic<std::int64_t> before[kThreads], after[kThreads];
  };
  auto* said =
      static_cast<Said*>(::mmap(nullptr, sizeof(Said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(said, MAP_FAILED);
  std::mt19937 random(11);
  std::int64_t work = 0;
  for (int round = 0; round < kRounds; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto meter = Meter::Open(home_);
      if (!meter) ::_exit(1);
      for (const Unsettled& left : (*meter)->Recover())
        for (const auto& ticket : left.tickets) (*meter)->Free(*ticket);
      std::vector<std::thread> threads;
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          std::mt19937 mine(round * 100 + t);
          const std::string model = "model-" + std::to_string(t);
          for (;;) {
            auto ticket = (*meter)->Begin(Info("rcp", model));
            if (!ticket) ::_exit(1);
            const int steps = static_cast<int>(mine() % 4);
            for (int i = 1; i <= steps; ++i) {
              ++said->before[t];
              (*ticket)->Used(Each(i));
              ++said->after[t];
            }
            (*meter)->Free(**ticket);
          }
        });
      }
      for (auto& thread : threads) thread.join();
      ::_exit(0);
    }
    ::usleep(2'000 + random() % 8'000);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round << ": ended by itself";
    auto meter = Open();
    ASSERT_TRUE(meter);
    Meter::Totals totals = meter->ReadTotals();
    for (int t = 0; t < kThreads; ++t) {
      const std::string model = "model-" + std::to_string(t);
      Units sum = totals.settled[model];
      sum += totals.running[model];
      EXPECT_EQ(sum, Each(sum.of[0])) << "round " << round;
      EXPECT_GE(sum.of[0], said->after[t]) << "round " << round;
      EXPECT_LE(sum.of[0], said->before[t]) << "round " << round;
      // The step that the kill fell into was made or not: from here on it is known which.
      said->before[t] = said->after[t] = sum.of[0];
      work = std::max(work, sum.of[0]);
    }
  }
  EXPECT_GT(work, 1000);  // the children did get to work
  ::munmap(said, sizeof(Said));
}

}  // namespace
}  // namespace yun::cloud
