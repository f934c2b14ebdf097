#include "cloud/ledger.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/check.h"
#include "base/log.h"
#include "cloud/alert_sender.h"
#include "cloud/budget_book.h"
#include "cloud/budget_rows.h"
#include "cloud/claim_book.h"
#include "cloud/glob.h"
#include "cloud/ledger_writer.h"
#include "cloud/price_shelf.h"
#include "cloud/receipt_rows.h"
#include "cloud/reconcile.h"
#include "cloud/rollup.h"
#include "cloud/tax.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

constexpr std::size_t kBatchMax = 4'096;                       // operations of one database transaction
constexpr std::int64_t kMoneyMax = 1'000'000'000'000'000'000;  // of one posting: 1e12 yuan
constexpr std::size_t kUnpricedMax = 1'000;                    // model names remembered
constexpr std::size_t kSlotsMax = 128;                         // of one request
constexpr auto kTick = std::chrono::milliseconds(200);
constexpr int kTicksPerPrune = 3'000;          // ten minutes
constexpr int kRetryTicksMax = 25;             // five seconds
constexpr std::size_t kPruneWorkspaces = 500;  // in one database transaction

/// "5.000000 CNY".
std::string Amount(std::int64_t micro, std::string_view currency) {
  return MicroText(micro) + " " + std::string(currency);
}

/// What fits into a slot of the meter, cut between characters.
std::string Cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
    text = text.substr(0, bytes_max);
  }
  return std::string(text);
}

/// What came with a request, made fit to be kept: what a client says must not keep its receipt out of the database.
std::string Kept(const std::string& text) {
  if (store::IsStorableText(text)) return text;
  std::string kept = text;
  for (char& c : kept)
    if (c <= 0x20 || c > 0x7e) c = '?';
  return kept;
}

template <class... Args>
tl::unexpected<ReserveError> Refuse(ReserveError::Why why, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(ReserveError({Code::kPermissionDenied, fmt::format(format, std::forward<Args>(args)...)}, why));
}

bool IsTransient(Code code) {
  return code != Code::kAlreadyExists && code != Code::kInvalidArgument && code != Code::kInternal &&
         code != Code::kTooLarge;
}

class LedgerImpl : public Ledger {
 public:
  LedgerImpl(store::Database& db, Meter& meter, const Clock& clock, LedgerOptions options)
      : db_(db), meter_(meter), clock_(clock), options_(std::move(options)) {}
  ~LedgerImpl() override;
  Status Start();

  ReserveResult Reserve(const ReserveRequest& request) override;
  Receipt Settle(const std::shared_ptr<Reservation>& reservation, EndReason reason,
                 std::function<void()> done) override;
  void Release(const std::shared_ptr<Reservation>& reservation) override;
  Result<Receipt> FindReceipt(std::string_view id) const override;
  Result<std::vector<Receipt>> ListReceipts(const ReceiptQuery& query) const override;
  Balance BalanceOf(std::string_view workspace_id) const override;
  Result<std::int64_t> Post(const Posting& posting) override;
  Status LoadPrices(std::string_view toml, std::string_view actor) override;
  std::shared_ptr<const PriceBook> prices() const override;
  Result<std::vector<PriceVersion>> PriceVersions() const override;
  Result<std::string> PriceText(std::string_view version) const override;
  std::int64_t FreeLeft(std::string_view workspace_id, std::string_view model) const override;
  Result<Budget> CreateBudget(Budget budget) override;
  Status UpdateBudget(const Budget& budget) override;
  Status DeleteBudget(std::string_view workspace_id, std::string_view budget_id) override;
  std::vector<BudgetState> Budgets(std::string_view workspace_id) const override;
  Result<std::vector<BudgetAlert>> Alerts(std::string_view workspace_id, std::size_t rows_max) const override;
  Result<Reconciliation> Reconcile(bool quick) override;
  Status Flush() override;
  store::QueueStats queue() const override;
  std::int64_t now_ms() const override;

 private:
  struct Wallet {
    std::int64_t available = 0, reserved = 0;
    std::string currency, account_id;
  };
  struct FreeUse {
    std::int64_t used = 0, held = 0;
  };
  using Lock = std::unique_lock<std::mutex>;

  // All with the lock held.
  std::int64_t Now() const { return last_ms_ = std::max(last_ms_, clock_.unix_ms()); }
  static std::string FreeKey(std::string_view workspace, std::string_view free_id, std::string_view model) {
    return fmt::format("{}\n{}\n{}", workspace, free_id, model);
  }
  std::int64_t FreeLeftOf(const FreeRow& row, std::string_view workspace_id, std::string_view model) const {
    const auto it = free_use_.find(FreeKey(workspace_id, row.id, model));
    const std::int64_t gone = it == free_use_.end() ? 0 : it->second.used + it->second.held;
    return std::max<std::int64_t>(row.tokens - gone, 0);
  }
  Result<Wallet*> WalletOf(std::string_view workspace_id, std::string_view account_id, std::string_view currency);
  void Move(Wallet& wallet, std::int64_t available, std::int64_t reserved);
  Receipt SettleLocked(const std::shared_ptr<Reservation>& reservation, EndReason reason, std::function<void()> done);
  void Push(LedgerOp op);
  void PushDueHolds();
  void FillBatch();
  void Pump();

  Status Load(store::Connection& db);
  Status RecoverSlots();
  Status Drain(store::Connection& db);
  void Drained(const Status& status);
  void KeepHouse(std::stop_token stop);
  void Prune();
  /// No batch is being written while it lives: what is committed and what waits do not change places.
  class Paused;

  store::Database& db_;  // borrows:
  Meter& meter_;         // borrows:
  const Clock& clock_;   // borrows:
  const LedgerOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable idle_;
  mutable std::int64_t last_ms_ = 0;
  std::unordered_map<std::string, Wallet> wallets_;
  std::unordered_map<std::string, std::int64_t> account_available_;  // sums over an account's workspaces
  mutable BudgetBook budgets_;
  std::unordered_map<std::string, FreeUse> free_use_;
  ClaimBook claims_;
  std::unordered_map<std::string, std::shared_ptr<const Receipt>> pending_;  // settled, not committed
  std::set<std::string, std::less<>> unpriced_;
  std::shared_ptr<const PriceBook> prices_ = std::make_shared<PriceBook>();
  std::mutex prices_loading_;

  std::deque<LedgerOp> queue_;
  std::uint64_t pushed_ = 0, finished_ = 0;                                  // operations; first in, first out
  std::deque<std::pair<std::int64_t, std::shared_ptr<Reservation>>> holds_;  // steady time when due
  bool draining_ = false;
  int pauses_ = 0;
  std::size_t one_by_one_ = 0;  // operations to write alone, after a batch was refused
  int failures_ = 0, retry_ticks_ = 0;
  Status last_write_;
  store::QueueStats stats_;
  // Touched by the writer while draining_, else under the lock:
  std::vector<LedgerOp> batch_;
  std::int64_t next_id_ = 1, id_after_batch_ = 1;
  LedgerWriter writer_;

  std::unique_ptr<AlertSender> alerts_;
  std::condition_variable_any house_wake_;
  std::jthread house_;
};

class LedgerImpl::Paused {
 public:
  explicit Paused(LedgerImpl& ledger) : ledger_(ledger) {
    Lock lock(ledger_.mutex_);
    ++ledger_.pauses_;
    ledger_.idle_.wait(lock, [&] { return !ledger_.draining_; });
  }
  ~Paused() {
    std::lock_guard lock(ledger_.mutex_);
    --ledger_.pauses_;
    ledger_.Pump();
  }

 private:
  LedgerImpl& ledger_;
};

// --- start and stop

Status LedgerImpl::Start() {
  if (sodium_init() < 0) return Fail(Code::kInternal, "libsodium could not be started");
  alerts_ = std::make_unique<AlertSender>(db_, clock_, options_.send, options_.webhook_retry_ms);
  RETURN_IF_ERROR(SealWebhooks(db_, options_.vault));
  RETURN_IF_ERROR(db_.Read([&](store::Connection& db) { return Load(db); }));
  RETURN_IF_ERROR(RecoverSlots());
  RETURN_IF_ERROR(alerts_->Start(budgets_));
  house_ = std::jthread([this](std::stop_token stop) { KeepHouse(stop); });
  return {};
}

Status LedgerImpl::Load(store::Connection& db) {
  ASSIGN_OR_RETURN(const store::Rows last,
                   db.Query("SELECT id, created_ms FROM ledger_transaction ORDER BY id DESC LIMIT 1"));
  if (!last.empty()) {
    next_id_ = id_after_batch_ = last[0].Int(0) + 1;
    last_ms_ = last[0].Int(1);
  }
  const std::int64_t now = Now();
  ASSIGN_OR_RETURN(const store::Rows balances,
                   db.Query("SELECT account, currency, amount_micro, workspace_id, account_id FROM ledger_balance "
                            "WHERE workspace_id <> ''"));  // without a limit: too many are an error, not forgotten
  for (const store::Row& row : balances) {
    ASSIGN_OR_RETURN(Wallet * wallet, WalletOf(row.Text(3), row.Text(4), row.Text(1)));
    const bool reserved = row.Text(0).ends_with(":reserved");
    Move(*wallet, reserved ? 0 : row.Int(2), reserved ? row.Int(2) : 0);
  }
  ASSIGN_OR_RETURN(const store::Rows free,
                   db.Query("SELECT workspace_id, free_id, model, used_units FROM free_use LIMIT 1000000"));
  for (const store::Row& row : free) free_use_[FreeKey(row.Text(0), row.Text(1), row.Text(2))].used = row.Int(3);
  RETURN_IF_ERROR(claims_.Load(db, now));
  RETURN_IF_ERROR(LoadBudgets(db, options_.vault, budgets_, now));
  ASSIGN_OR_RETURN(PriceBook book, LatestPrices(db));
  prices_ = std::make_shared<const PriceBook>(std::move(book));
  return {};
}

Status LedgerImpl::RecoverSlots() {
  std::vector<Unsettled> left = meter_.Recover();
  std::map<std::string, std::pair<std::string, std::int64_t>> holds;  // workspace and amount by receipt
  std::set<std::string> settled, delivered;
  RETURN_IF_ERROR(db_.Read([&](store::Connection& db) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     db.Query("SELECT receipt_id, workspace_id, amount_micro FROM ledger_hold"));
    for (const store::Row& row : rows) holds[std::string(row.Text(0))] = {std::string(row.Text(1)), row.Int(2)};
    for (const Unsettled& unsettled : left) {
      ASSIGN_OR_RETURN(const store::Rows found,
                       db.Query("SELECT 1 FROM receipt WHERE id = ?", {unsettled.info.receipt_id}));
      if (!found.empty()) settled.insert(unsettled.info.receipt_id);
      if (!unsettled.info.batch || unsettled.ended) continue;
      // Killed between the commit of a batch's answer and its settlement.
      ASSIGN_OR_RETURN(const store::Rows line,
                       db.Query("SELECT 1 FROM batch_line WHERE receipt_id = ?", {unsettled.info.receipt_id}));
      if (!line.empty()) delivered.insert(unsettled.info.receipt_id);
    }
    return {};
  }));
  {
    Lock lock(mutex_);
    for (Unsettled& unsettled : left) {
      if (settled.contains(unsettled.info.receipt_id)) {
        // Killed between the commit and the freeing.
        for (const auto& ticket : unsettled.tickets) meter_.Free(*ticket);
        continue;
      }
      const EndReason reason = unsettled.ended                                       ? *unsettled.ended
                               : delivered.contains(unsettled.info.receipt_id) ? EndReason::kStop
                                                                               : EndReason::kInterrupted;
      auto reservation = std::make_shared<Reservation>();
      reservation->info = std::move(unsettled.info);
      const MeterInfo& info = reservation->info;
      reservation->receipt_id = info.receipt_id;
      reservation->reserved_micro = info.reserved_micro;
      reservation->tickets = std::move(unsettled.tickets);
      reservation->hold_posted = holds.erase(info.receipt_id) > 0;
      last_ms_ = std::max(last_ms_, info.started_ms);
      ASSIGN_OR_RETURN(Wallet * wallet, WalletOf(info.workspace_id, info.account_id, info.currency));
      if (!reservation->hold_posted) Move(*wallet, -info.reserved_micro, info.reserved_micro);
      if (!info.free_id.empty())
        free_use_[FreeKey(info.workspace_id, info.free_id, info.model)].held += info.free_reserved;
      reservation->budgets =
          budgets_.Hold(info.workspace_id, info.key_id, info.model, info.reserved_micro, info.started_ms);
      if (info.claim != ClaimId{}) claims_.Add(info.claim, info.receipt_id, info.started_ms);
      SettleLocked(reservation, reason, {});
    }
    // Holds whose slot is gone: after a power cut, or when the journal was lost.
    for (const auto& [receipt_id, hold] : holds) {
      const auto& [workspace_id, micro] = hold;
      auto reservation = std::make_shared<Reservation>();
      Wallet& wallet = wallets_[workspace_id];
      reservation->info.receipt_id = receipt_id;
      reservation->info.workspace_id = workspace_id;
      reservation->info.account_id = wallet.account_id;
      reservation->info.currency = wallet.currency;
      reservation->info.reserved_micro = micro;
      Move(wallet, micro, -micro);
      Push({.type = LedgerOp::Type::kRelease, .created_ms = Now(), .reservation = reservation});
      log::warn("ledger: the reservation of {} is released: its request is not in meter.journal", receipt_id);
    }
    if (!left.empty()) log::info("ledger: {} requests of the former process are settled", left.size());
    Pump();
  }
  return Flush();
}

LedgerImpl::~LedgerImpl() {
  if (house_.joinable()) {
    house_.request_stop();
    house_.join();
  }
  {
    Lock lock(mutex_);
    if (!draining_ && failures_ == 0) Pump();
    idle_.wait(lock, [&] { return !draining_; });
  }
  alerts_.reset();  // the last settlements may have had some
}

// --- requests

Result<LedgerImpl::Wallet*> LedgerImpl::WalletOf(std::string_view workspace_id, std::string_view account_id,
                                                 std::string_view currency) {
  const auto [it, fresh] = wallets_.try_emplace(std::string(workspace_id));
  Wallet& wallet = it->second;
  if (fresh) {
    wallet.currency = currency;
    wallet.account_id = account_id;
  } else if (wallet.currency != currency) {
    return Fail(Code::kInvalidArgument, "workspace {} has its money in {}, not in {}", workspace_id, wallet.currency,
                currency);
  }
  return &wallet;
}

void LedgerImpl::Move(Wallet& wallet, std::int64_t available, std::int64_t reserved) {
  wallet.available += available;
  wallet.reserved += reserved;
  account_available_[wallet.account_id] += available;
}

ReserveResult LedgerImpl::Reserve(const ReserveRequest& request) {
  using Why = ReserveError::Why;
  for (const std::int64_t units : request.most.of)
    if (units < 0 || units > kUnitsMax)
      return Fail(Code::kInvalidArgument, "a request of {} units; at most {} of a kind", units, kUnitsMax);
  CHECK(request.slots >= 1 && static_cast<std::size_t>(request.slots) <= kSlotsMax);
  auto reservation = std::make_shared<Reservation>();
  MeterInfo& info = reservation->info;
  info.workspace_id = request.workspace_id;
  info.account_id = request.terms.account_id;
  info.key_id = request.key_id;
  info.model = Cut(request.model, 127);
  info.app = Cut(request.app, 63);
  info.request_id = Cut(request.request_id, 63);
  for (char& c : info.request_id)
    if (c < 0x20 || c > 0x7e) c = '?';
  info.currency = request.terms.currency;
  info.batch = request.batch;
  info.claim = ClaimOf(request.workspace_id, request.idempotency_key);
  if (options_.share_of) {
    if (const auto share = options_.share_of(request.model, request.app)) {
      info.partner_id = share->partner_id;
      info.share_ppm = std::clamp<std::int32_t>(share->share_ppm, 0, kMillion);
    }
  }
  info.receipt_id = reservation->receipt_id = NewReceiptId(clock_);
  const bool claims = info.claim != ClaimId{};

  Lock lock(mutex_);
  const std::int64_t now = info.started_ms = Now();
  if (queue_.size() >= kPostingsQueuedMax)
    return Fail(Code::kUnavailable, "{} settlements wait for the database; try again later", queue_.size());
  if (claims) {
    claims_.Expire(now);
    if (const std::string* receipt_id = claims_.Find(info.claim))
      return Fail(Code::kAlreadyExists, "this Idempotency-Key was used by request {}; it is not run again",
                  *receipt_id);
    if (claims_.size() >= kClaimsMax)
      return Fail(Code::kTooMany, "more than {} Idempotency-Keys in a day; try again later", kClaimsMax);
  }
  ASSIGN_OR_RETURN(Wallet * wallet, WalletOf(request.workspace_id, request.terms.account_id, request.terms.currency));

  info.price_version = prices_->version();
  std::int64_t free_left = 0;
  if (request.terms.sandbox) {
    info.rates.priced = true;
  } else {
    Units input = request.most;
    input[Kind::kOutput] = input[Kind::kThinking] = 0;
    info.rates = prices_->RatesFor(info.model, info.currency, now, input.Total());
    info.rates.discount_ppm = std::clamp<std::int32_t>(
        std::max(request.terms.discount_ppm, prices_->DiscountFor(request.workspace_id, info.model, now)), 0, kMillion);
    if (!info.rates.priced) {
      if (prices_->refuse_unpriced())
        return Refuse(Why::kUnpriced, "model {} has no price in {} yet", request.model, info.currency);
      if (unpriced_.size() < kUnpricedMax) unpriced_.insert(info.model);
    }
    const auto left = [&](const FreeRow& row) { return FreeLeftOf(row, request.workspace_id, info.model); };
    if (const FreeRow* free = prices_->FreeFor(request.workspace_id, info.model, now,
                                               [&](const FreeRow& row) { return left(row) > 0; })) {
      info.free_id = free->id;
      free_left = left(*free);
    }
  }

  const std::int64_t money_left = request.terms.postpaid
                                      ? account_available_[wallet->account_id] + request.terms.credit_limit_micro
                                      : wallet->available;
  const auto budget = budgets_.LeftFor(request.workspace_id, request.key_id, info.model, now);
  const bool budget_binds = budget && budget->micro < money_left;
  const std::int64_t left = std::max<std::int64_t>(budget_binds ? budget->micro : money_left, 0);
  Units most = request.most;
  std::int64_t bound = BoundOf(most, info.rates, request.batch, free_left);
  if (bound > left && request.may_shorten && most[Kind::kOutput] > request.output_tokens_min) {
    const auto output = OutputAfforded(most, info.rates, request.batch, free_left, left);
    if (output && *output >= request.output_tokens_min) {
      most[Kind::kOutput] = *output;
      bound = BoundOf(most, info.rates, request.batch, free_left);
    }
  }
  if (bound > left) {
    const std::string needed = Amount(bound, info.currency);
    if (budget_binds)
      return Refuse(Why::kBudget, "the budget of this {} ({} a {}) has {} left; this request can cost up to {}",
                    BudgetScopeName(budget->budget->scope), Amount(budget->budget->amount_micro, info.currency),
                    BudgetPeriodName(budget->budget->period), Amount(left, info.currency), needed);
    if (request.terms.postpaid)
      return Refuse(Why::kBalance, "the account's credit limit of {} leaves {}; this request can cost up to {}",
                    Amount(request.terms.credit_limit_micro, info.currency), Amount(left, info.currency), needed);
    return Refuse(Why::kBalance, "the workspace's balance is {}; this request can cost up to {}",
                  Amount(wallet->available, info.currency), needed);
  }

  reservation->reserved_micro = info.reserved_micro = bound;
  reservation->output_tokens_max = most[Kind::kOutput];
  if (!info.free_id.empty()) {
    Units tokens = most;
    tokens[Kind::kImage] = tokens[Kind::kAudioSecond] = 0;
    info.free_reserved = std::min(free_left, tokens.Total());
  }
  for (int i = 0; i < request.slots; ++i) {
    auto ticket = meter_.Begin(info);
    if (!ticket) {
      for (const auto& begun : reservation->tickets) meter_.Free(*begun);
      return tl::unexpected<Error>(std::move(ticket.error()));
    }
    reservation->tickets.push_back(std::move(*ticket));
  }
  if (claims) claims_.Add(info.claim, info.receipt_id, now);
  Move(*wallet, -bound, bound);
  if (info.free_reserved != 0)
    free_use_[FreeKey(request.workspace_id, info.free_id, info.model)].held += info.free_reserved;
  reservation->budgets = budgets_.Hold(request.workspace_id, request.key_id, info.model, bound, now);
  if (bound != 0) holds_.emplace_back(clock_.steady_ns() + options_.hold_after_ms * kMillion, reservation);
  return reservation;
}

Receipt LedgerImpl::Settle(const std::shared_ptr<Reservation>& reservation, EndReason reason,
                           std::function<void()> done) {
  Lock lock(mutex_);
  if (reservation->ended) {
    if (const auto it = pending_.find(reservation->receipt_id); it != pending_.end()) return *it->second;
    lock.unlock();
    return FindReceipt(reservation->receipt_id).value_or(Receipt{});
  }
  Receipt receipt = SettleLocked(reservation, reason, std::move(done));
  Pump();
  return receipt;
}

Receipt LedgerImpl::SettleLocked(const std::shared_ptr<Reservation>& reservation, EndReason reason,
                                 std::function<void()> done) {
  reservation->ended = true;
  const MeterInfo& info = reservation->info;
  Units used;
  for (const auto& ticket : reservation->tickets) {
    ticket->Ended(reason);
    used += ticket->used();
  }
  for (std::int64_t& units : used.of) units = std::clamp<std::int64_t>(units, 0, kUnitsMax);
  // Of a batch only answers that are kept cost anything.
  const bool owed = !info.batch || reason == EndReason::kStop || reason == EndReason::kLength;
  Charge charge = owed ? ChargeOf(used, info.rates, info.batch, info.free_reserved) : Charge{};
  if (charge.amount_micro > info.reserved_micro) {
    log::error("ledger: {} used more than was reserved for it: {} of {} micro-units are not charged", info.receipt_id,
               charge.amount_micro - info.reserved_micro, charge.amount_micro);
    for (auto line = charge.lines.rbegin(); line != charge.lines.rend(); ++line) {
      const std::int64_t cut = std::min(line->amount_micro, charge.amount_micro - info.reserved_micro);
      line->amount_micro -= cut;
      charge.amount_micro -= cut;
    }
  }
  auto receipt = std::make_shared<Receipt>();
  receipt->id = info.receipt_id;
  receipt->workspace_id = info.workspace_id;
  receipt->account_id = info.account_id;
  receipt->key_id = info.key_id;
  receipt->model = info.model;
  receipt->app = Kept(info.app);
  receipt->partner_id = info.partner_id;
  receipt->request_id = info.request_id;
  receipt->started_ms = info.started_ms;
  receipt->ended_ms = Now();
  receipt->end_reason = reason;
  receipt->batch = info.batch;
  receipt->units = used;
  receipt->lines = std::move(charge.lines);
  receipt->amount_micro = charge.amount_micro;
  receipt->free_units = charge.free_units;
  receipt->discount_ppm = info.rates.discount_ppm;
  receipt->currency = info.currency;
  receipt->price_version = info.price_version;
  // Rounded down: the platform keeps what cannot be divided.
  receipt->partner_micro =
      static_cast<std::int64_t>(static_cast<__int128>(charge.amount_micro) * info.share_ppm / kMillion);

  Move(wallets_[info.workspace_id], info.reserved_micro - charge.amount_micro, -info.reserved_micro);
  if (!info.free_id.empty()) {
    FreeUse& use = free_use_[FreeKey(info.workspace_id, info.free_id, info.model)];
    use.held -= info.free_reserved;
    use.used += charge.free_units;
  }
  LedgerOp op{.type = LedgerOp::Type::kSettle,
              .created_ms = receipt->ended_ms,
              .reservation = reservation,
              .hold_posted = reservation->hold_posted,
              .receipt = receipt,
              .done = std::move(done)};
  op.budgets = budgets_.End(reservation->budgets, info.reserved_micro, charge.amount_micro, receipt->ended_ms);
  for (BudgetAlert& alert : op.budgets.alerts) alert.id = NewId("alr_");
  Push(std::move(op));
  pending_[receipt->id] = receipt;
  return *receipt;
}

void LedgerImpl::Release(const std::shared_ptr<Reservation>& reservation) {
  Lock lock(mutex_);
  if (reservation->ended) return;
  for (const auto& ticket : reservation->tickets) {
    if (ticket->used() == Units{}) continue;
    SettleLocked(reservation, EndReason::kError, {});  // it was started after all
    Pump();
    return;
  }
  reservation->ended = true;
  const MeterInfo& info = reservation->info;
  Move(wallets_[info.workspace_id], info.reserved_micro, -info.reserved_micro);
  if (!info.free_id.empty()) free_use_[FreeKey(info.workspace_id, info.free_id, info.model)].held -= info.free_reserved;
  budgets_.End(reservation->budgets, info.reserved_micro, 0, Now());
  claims_.Remove(info.claim, info.receipt_id);
  if (reservation->hold_posted) {
    Push({.type = LedgerOp::Type::kRelease, .created_ms = Now(), .reservation = reservation});
    Pump();
  } else {
    for (const auto& ticket : reservation->tickets) meter_.Free(*ticket);
  }
}

// --- writing

void LedgerImpl::Pump() {
  if (draining_ || pauses_ > 0 || retry_ticks_ > 0) return;
  const bool hold_due = !holds_.empty() && holds_.front().first <= clock_.steady_ns();
  if (queue_.empty() && batch_.empty() && !hold_due) return;
  draining_ = true;
  const Status queued = db_.Enqueue([this](store::Connection& db) { return Drain(db); },
                                    [this](const Status& status) { Drained(status); });
  if (!queued) {
    draining_ = false;
    last_write_ = queued;
    retry_ticks_ = 1;
    idle_.notify_all();
  }
}

void LedgerImpl::Push(LedgerOp op) {
  op.queued_ns = clock_.steady_ns();
  queue_.push_back(std::move(op));
  ++pushed_;
}

void LedgerImpl::PushDueHolds() {
  const std::int64_t now = clock_.steady_ns();
  for (; !holds_.empty() && holds_.front().first <= now; holds_.pop_front()) {
    const std::shared_ptr<Reservation>& reservation = holds_.front().second;
    if (reservation->ended) continue;
    reservation->hold_posted = true;
    Push({.type = LedgerOp::Type::kHold, .created_ms = Now(), .reservation = reservation});
  }
}

void LedgerImpl::FillBatch() {
  PushDueHolds();
  std::size_t count = std::min(queue_.size(), kBatchMax);
  if (one_by_one_ > 0) {
    count = std::min<std::size_t>(count, 1);
    --one_by_one_;
  }
  for (std::size_t i = 0; i < count; ++i) {
    batch_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
}

Status LedgerImpl::Drain(store::Connection& db) {
  if (batch_.empty()) {
    Lock lock(mutex_);
    FillBatch();
  } else if (!writer_.marker().empty()) {
    // The former attempt reported a failure, but its commit may have come through.
    ASSIGN_OR_RETURN(const store::Rows rows,
                     db.Query("SELECT 1 FROM ledger_transaction WHERE idempotency_key = ?", {writer_.marker()}));
    if (!rows.empty()) return {};
  }
  ASSIGN_OR_RETURN(id_after_batch_, writer_.Write(db, batch_, next_id_));
  return {};
}

void LedgerImpl::Drained(const Status& status) {
  std::vector<std::function<void()>> calls;
  std::vector<LedgerOp> written;
  if (status) {
    for (const LedgerOp& op : batch_) {
      if (op.type != LedgerOp::Type::kSettle && op.type != LedgerOp::Type::kRelease) continue;
      for (const auto& ticket : op.reservation->tickets) meter_.Free(*ticket);
    }
  }
  Lock lock(mutex_);
  last_write_ = status;
  if (!status) ++stats_.failures;
  if (status) {
    failures_ = retry_ticks_ = 0;
    next_id_ = id_after_batch_;
    written.swap(batch_);
    finished_ += written.size();
    if (!written.empty()) {
      stats_.written += stats_.batch = written.size();
      ++stats_.commits;
    }
    for (LedgerOp& op : written) {
      if (op.type == LedgerOp::Type::kSettle) {
        pending_.erase(op.receipt->id);
        if (op.done) calls.push_back(std::move(op.done));
        for (BudgetAlert& alert : op.budgets.alerts) {
          const Budget* budget = budgets_.Find(alert.budget_id);
          if (budget != nullptr) alerts_->Add(std::move(alert), *budget);
        }
      } else if (op.type == LedgerOp::Type::kPost) {
        for (const Entry& entry : op.posting.entries) {
          if (entry.account != AvailableAccount(op.posting.workspace_id)) continue;
          // What takes away was taken at once; what gives is given when it is safe.
          Wallet& wallet = wallets_[op.posting.workspace_id];
          if (entry.amount_micro > 0 && op.applied) Move(wallet, entry.amount_micro, 0);
          if (entry.amount_micro < 0 && !op.applied) Move(wallet, -entry.amount_micro, 0);
        }
        calls.push_back([answer = op.answer, outcome = op.outcome] { answer->set_value(outcome); });
      }
    }
  } else if (!IsTransient(status.error().code)) {
    if (batch_.size() <= 1) {
      // Nothing can be done with it: it stays in the meter's journal, and reconcile shows it as in flight.
      log::error("ledger: a posting is refused by the database: {}", status.error().message);
      for (LedgerOp& op : batch_) {
        if (op.type != LedgerOp::Type::kPost) continue;
        for (const Entry& entry : op.posting.entries)
          if (entry.account == AvailableAccount(op.posting.workspace_id) && entry.amount_micro < 0)
            Move(wallets_[op.posting.workspace_id], -entry.amount_micro, 0);
        calls.push_back(
            [answer = op.answer, error = status.error()] { answer->set_value(tl::unexpected<Error>(error)); });
      }
      finished_ += batch_.size();
      batch_.clear();
    } else {
      one_by_one_ += batch_.size();
      queue_.insert(queue_.begin(), std::make_move_iterator(batch_.begin()), std::make_move_iterator(batch_.end()));
      batch_.clear();
    }
  } else {
    ++failures_;
    retry_ticks_ = std::min(1 << std::min(failures_ - 1, 10), kRetryTicksMax);
    if (failures_ == 1) log::error("ledger: cannot write, will try again: {}", status.error().message);
  }
  lock.unlock();
  for (const auto& call : calls) call();
  lock.lock();
  draining_ = false;  // last: whoever waits for this may end the ledger
  Pump();
  idle_.notify_all();
}

Status LedgerImpl::Flush() {
  Lock lock(mutex_);
  PushDueHolds();
  const std::uint64_t until = pushed_;
  // An attempt that was under way may fail; one that begins now decides.
  for (bool last = !draining_;; last = true) {
    retry_ticks_ = 0;
    Pump();
    idle_.wait(lock, [&] { return finished_ >= until || (!draining_ && retry_ticks_ > 0); });
    if (finished_ >= until) return {};
    if (last) return last_write_;
  }
}

void LedgerImpl::KeepHouse(std::stop_token stop) {
  int ticks = 0;
  while (!stop.stop_requested()) {
    {
      Lock lock(mutex_);
      house_wake_.wait_for(lock, stop, kTick, [] { return false; });
      if (stop.stop_requested()) return;
      if (retry_ticks_ > 0) --retry_ticks_;
      claims_.Expire(Now());
      Pump();
    }
    if (ticks++ % kTicksPerPrune == 0) Prune();
  }
}

void LedgerImpl::Prune() {
  std::vector<std::string> workspaces;
  std::int64_t now;
  {
    Lock lock(mutex_);
    now = Now();
    for (const auto& [id, wallet] : wallets_) workspaces.push_back(id);
  }
  for (std::size_t from = 0; from < workspaces.size(); from += kPruneWorkspaces) {
    std::vector<std::string> some(workspaces.begin() + from,
                                  workspaces.begin() + std::min(from + kPruneWorkspaces, workspaces.size()));
    (void)db_.Enqueue([now, some = std::move(some)](store::Connection& db) -> Status {
      for (const std::string& workspace : some) RETURN_IF_ERROR(PruneRollups(db, workspace, now));
      return {};
    });
  }
  (void)db_.Enqueue([now](store::Connection& db) -> Status {
    RETURN_IF_ERROR(db.Execute("DELETE FROM idempotency_claim WHERE claimed_ms <= ?", {now - kClaimKeptMs}));
    return {};
  });
}

// --- reading

Result<Receipt> LedgerImpl::FindReceipt(std::string_view id) const {
  {
    Lock lock(mutex_);
    if (const auto it = pending_.find(std::string(id)); it != pending_.end()) return *it->second;
  }
  Result<Receipt> receipt = Fail(Code::kNotFound, "no receipt '{}'", id);
  RETURN_IF_ERROR(db_.Read([&](store::Connection& db) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     db.Query(fmt::format("SELECT {} FROM receipt WHERE id = ?", kReceiptColumns), {std::string(id)}));
    if (!rows.empty()) receipt = ReceiptOf(rows[0]);
    return {};
  }));
  return receipt;
}

Result<std::vector<Receipt>> LedgerImpl::ListReceipts(const ReceiptQuery& query) const {
  std::vector<std::string> workspaces;
  if (!query.workspace_id.empty()) {
    workspaces.push_back(query.workspace_id);
  } else {
    Lock lock(mutex_);
    for (const auto& [id, wallet] : wallets_)
      if (wallet.account_id == query.account_id) workspaces.push_back(id);
  }
  return QueryReceipts(db_, query, workspaces);
}

Balance LedgerImpl::BalanceOf(std::string_view workspace_id) const {
  Lock lock(mutex_);
  const auto it = wallets_.find(std::string(workspace_id));
  if (it == wallets_.end()) return {};
  return {it->second.available, it->second.reserved, it->second.currency};
}

Result<std::int64_t> LedgerImpl::Post(const Posting& posting) {
  const std::string own = AvailableAccount(posting.workspace_id);
  __int128 sum = 0;
  std::int64_t own_micro = 0;
  for (const Entry& entry : posting.entries) {
    if (entry.amount_micro < -kMoneyMax || entry.amount_micro > kMoneyMax)
      return Fail(Code::kInvalidArgument, "{} micro-units in one posting; at most {}", entry.amount_micro, kMoneyMax);
    if (entry.account.starts_with("ws:") && (entry.account != own || posting.workspace_id.empty()))
      return Fail(Code::kInvalidArgument, "{} is not the available account of the posting's workspace", entry.account);
    if (entry.account == own) own_micro += entry.amount_micro;
    sum += entry.amount_micro;
  }
  if (sum != 0) return Fail(Code::kInvalidArgument, "the entries of a posting must add up to 0");
  if (posting.idempotency_key.empty() || posting.currency.empty())
    return Fail(Code::kInvalidArgument, "a posting needs an idempotency key and a currency");
  LedgerOp op{.type = LedgerOp::Type::kPost, .posting = posting};
  op.answer = std::make_shared<std::promise<Result<std::int64_t>>>();
  auto answer = op.answer->get_future();
  // A key that was used is answered from the database, whatever the balance is now.
  std::optional<std::int64_t> earlier;
  RETURN_IF_ERROR(db_.Read([&](store::Connection& db) -> Status {
    ASSIGN_OR_RETURN(earlier, FindPosting(db, posting));
    return {};
  }));
  if (earlier) return *earlier;
  {
    Lock lock(mutex_);
    if (queue_.size() >= kPostingsQueuedMax)
      return Fail(Code::kUnavailable, "{} settlements wait for the database; try again later", queue_.size());
    if (!posting.workspace_id.empty()) {
      ASSIGN_OR_RETURN(Wallet * wallet, WalletOf(posting.workspace_id, posting.account_id, posting.currency));
      if (own_micro < 0 && wallet->available + own_micro < 0)
        return Fail(Code::kInvalidArgument, "the workspace's balance of {} does not cover {}",
                    Amount(wallet->available, wallet->currency), Amount(-own_micro, wallet->currency));
      for (const Entry& entry : posting.entries)
        if (entry.account == own && entry.amount_micro < 0) Move(*wallet, entry.amount_micro, 0);
    }
    op.created_ms = Now();
    Push(std::move(op));
    Pump();
  }
  return answer.get();
}

// --- prices

Status LedgerImpl::LoadPrices(std::string_view toml, std::string_view actor) {
  ASSIGN_OR_RETURN(PriceBook book, PriceBook::Parse(toml));
  std::lock_guard loading(prices_loading_);  // the last that is stored is the one that holds
  RETURN_IF_ERROR(StorePrices(db_, book.version(), toml, actor, now_ms()));
  Lock lock(mutex_);
  prices_ = std::make_shared<const PriceBook>(std::move(book));
  unpriced_.clear();
  return {};
}

std::shared_ptr<const PriceBook> LedgerImpl::prices() const {
  Lock lock(mutex_);
  return prices_;
}

Result<std::vector<PriceVersion>> LedgerImpl::PriceVersions() const { return ReadPriceVersions(db_); }

Result<std::string> LedgerImpl::PriceText(std::string_view version) const { return ReadPriceText(db_, version); }

std::int64_t LedgerImpl::FreeLeft(std::string_view workspace_id, std::string_view model) const {
  Lock lock(mutex_);
  const auto left = [&](const FreeRow& row) { return FreeLeftOf(row, workspace_id, model); };
  const FreeRow* free =
      prices_->FreeFor(workspace_id, model, Now(), [&](const FreeRow& row) { return left(row) > 0; });
  return free == nullptr ? 0 : left(*free);
}

// --- budgets

Result<Budget> LedgerImpl::CreateBudget(Budget budget) {
  RETURN_IF_ERROR(CheckBudget(budget));
  if (budget.id.empty()) budget.id = NewId("bud_");
  Paused paused(*this);
  std::int64_t now;
  {
    Lock lock(mutex_);
    now = budget.created_ms = Now();
    if (budgets_.Find(budget.id) != nullptr) return Fail(Code::kAlreadyExists, "there is a budget '{}'", budget.id);
    if (budgets_.size() >= kBudgetsMax || budgets_.CountOf(budget.workspace_id) >= kBudgetsPerWorkspaceMax)
      return Fail(Code::kTooMany, "at most {} budgets, {} of one workspace", kBudgetsMax, kBudgetsPerWorkspaceMax);
  }
  // What this period has cost: by the rollups, and by the receipts that are not in them yet.
  std::int64_t spent = 0;
  const std::int64_t period_start = PeriodStart(budget.period, now);
  if (budget.period != BudgetPeriod::kTotal) {
    ASSIGN_OR_RETURN(spent, SpentBefore(db_, budget, period_start, NextStep(Granularity::kDay, now)));
    Lock lock(mutex_);
    for (const auto& [id, receipt] : pending_) {
      if (receipt->workspace_id != budget.workspace_id || receipt->ended_ms < period_start) continue;
      if (budget.scope == BudgetScope::kKey && receipt->key_id != budget.subject) continue;
      if (budget.scope == BudgetScope::kModel && !GlobMatches(budget.subject, receipt->model)) continue;
      spent += receipt->amount_micro;
    }
  }
  RETURN_IF_ERROR(InsertBudget(db_, options_.vault, budget, period_start, spent));
  Lock lock(mutex_);
  budgets_.Put(budget, now);
  budgets_.Restore(budget.id, period_start, spent);
  budget.webhook_secret.clear();
  return budget;
}

Status LedgerImpl::UpdateBudget(const Budget& changed) {
  Budget budget;
  {
    Lock lock(mutex_);
    const Budget* found = budgets_.Find(changed.id);
    if (found == nullptr || found->workspace_id != changed.workspace_id)
      return Fail(Code::kNotFound, "no budget '{}'", changed.id);
    budget = *found;
  }
  budget.amount_micro = changed.amount_micro;
  budget.hard = changed.hard;
  budget.alerts_ppm = changed.alerts_ppm;
  budget.webhook_url = changed.webhook_url;
  if (!changed.webhook_secret.empty()) {
    budget.webhook_secret = changed.webhook_secret;
    budget.webhook_locked = false;
  }
  RETURN_IF_ERROR(CheckBudget(budget));
  RETURN_IF_ERROR(ChangeBudget(db_, options_.vault, budget));
  Lock lock(mutex_);
  if (budgets_.Find(budget.id) != nullptr) budgets_.Put(std::move(budget), Now());
  return {};
}

Status LedgerImpl::DeleteBudget(std::string_view workspace_id, std::string_view budget_id) {
  {
    Lock lock(mutex_);
    const Budget* found = budgets_.Find(budget_id);
    if (found == nullptr || found->workspace_id != workspace_id)
      return Fail(Code::kNotFound, "no budget '{}'", budget_id);
  }
  RETURN_IF_ERROR(RemoveBudget(db_, budget_id));
  Lock lock(mutex_);
  budgets_.Erase(budget_id);
  return {};
}

std::vector<BudgetState> LedgerImpl::Budgets(std::string_view workspace_id) const {
  Lock lock(mutex_);
  return budgets_.States(workspace_id, Now());
}

Result<std::vector<BudgetAlert>> LedgerImpl::Alerts(std::string_view workspace_id, std::size_t rows_max) const {
  return ReadAlerts(db_, workspace_id, rows_max);
}

// --- proof

Result<Reconciliation> LedgerImpl::Reconcile(bool quick) {
  Reconciliation out;
  auto paused = std::make_unique<Paused>(*this);
  {
    Lock lock(mutex_);
    out.unpriced_models.assign(unpriced_.begin(), unpriced_.end());
  }
  RETURN_IF_ERROR(ReadBooks(db_, quick, out, [&] {
    // The database's state is fixed now, and nothing is between commit and freeing: the meter's belongs to it.
    Meter::Totals totals = meter_.ReadTotals();
    paused.reset();
    return totals;
  }));
  return out;
}

store::QueueStats LedgerImpl::queue() const {
  Lock lock(mutex_);
  store::QueueStats stats = stats_;
  stats.waiting = queue_.size() + batch_.size();
  if (stats.waiting > 0) {
    const LedgerOp& first = batch_.empty() ? queue_.front() : batch_.front();
    stats.oldest_seconds = static_cast<double>(clock_.steady_ns() - first.queued_ns) / 1e9;
  }
  return stats;
}

std::int64_t LedgerImpl::now_ms() const {
  Lock lock(mutex_);
  return Now();
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::Open(store::Database& db, Meter& meter, const Clock& clock,
                                             LedgerOptions options) {
  auto ledger = std::make_unique<LedgerImpl>(db, meter, clock, std::move(options));
  RETURN_IF_ERROR(ledger->Start());
  return std::unique_ptr<Ledger>(std::move(ledger));
}

Result<std::int64_t> Ledger::TopUp(std::string_view workspace_id, const Terms& terms, std::int64_t micro,
                                   std::string_view idempotency_key, std::string_view note) {
  if (micro <= 0) return Fail(Code::kInvalidArgument, "a top-up must be more than 0");
  Posting posting{.kind = "top_up",
                  .idempotency_key = std::string(idempotency_key),
                  .currency = terms.currency,
                  .workspace_id = std::string(workspace_id),
                  .account_id = terms.account_id,
                  .note = std::string(note)};
  posting.entries = {{std::string(kCashAccount), -micro}, {AvailableAccount(workspace_id), micro}};
  return Post(posting);
}

std::string NewReceiptId(const Clock& clock) {
  std::uint64_t random = 0;
  randombytes_buf(&random, sizeof(random));
  return fmt::format("rcp_{:011x}{:013x}", clock.unix_ms() & 0xfffffffffff, random & 0xfffffffffffff);
}

std::string NewId(std::string_view prefix) {
  std::array<std::uint64_t, 2> random{};
  randombytes_buf(random.data(), sizeof(random));
  return fmt::format("{}{:012x}{:012x}", prefix, random[0] & 0xffffffffffff, random[1] & 0xffffffffffff);
}

}  // namespace yun::cloud
