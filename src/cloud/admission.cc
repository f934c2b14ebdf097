#include "cloud/admission.h"

#include <algorithm>

#include "base/check.h"
#include "cloud/directory.h"
#include "cloud/partner.h"
#include "store/database.h"

namespace yun::cloud {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;  // ns

int Seconds(std::int64_t ns) {
  return static_cast<int>(std::clamp<std::int64_t>((ns + kSecond - 1) / kSecond, 1, 3600));
}

/// "the workspace's limit for model 'm'"
std::string WhoseLimit(const LimitRule& rule) {
  const bool every = rule.model == LimitRule::kEveryModel;
  return fmt::format("the {}'s limit{}", LimitScopeName(rule.scope), every ? "" : " for model '" + rule.model + "'");
}

/// The texts begin as the hosted service's do.
Refusal OfLimit(const LimitRefusal& why) {
  Refusal refusal{429, {}, {}, {}, why.never ? 0 : Seconds(why.retry_after_ns)};
  const std::string whose = WhoseLimit(why.rule);
  switch (why.kind) {
    case LimitKind::kRequests:
      refusal.native = "Throttling.RateQuota", refusal.compatible = "limit_requests";
      refusal.message = fmt::format(
          "Requests rate limit exceeded, please try again later: {} is {} requests a {}.", whose, why.limit,
          why.per_second ? fmt::format("second ({} a minute)", why.rule.limits.requests_per_minute) : "minute");
      break;
    case LimitKind::kConcurrent:
      refusal.native = "Throttling.RateQuota", refusal.compatible = "limit_requests";
      refusal.message = fmt::format(
          "Requests rate limit exceeded, please try again later: {} is {} requests at a time.", whose, why.limit);
      break;
    case LimitKind::kBurst:
      refusal.native = "Throttling.BurstRate", refusal.compatible = "limit_burst_rate";
      refusal.message = fmt::format(
          "Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale "
          "requests more smoothly over time: by {} at most {} in a second now.",
          whose, why.limit);
      break;
    case LimitKind::kTokens:
      refusal.native = "Throttling.AllocationQuota", refusal.compatible = "insufficient_quota";
      refusal.message = fmt::format(
          "Allocated quota exceeded, please increase your quota limit: {} is {} tokens a minute, prompt and longest "
          "answer{}.",
          whose, why.limit,
          why.never        ? "; this request alone asks for more"
          : why.per_second ? ", and a sixtieth of it a second"
                           : "");
      break;
  }
  return refusal;
}

/// What the ledger said.
Refusal OfLedger(const ReserveError& error) {
  Refusal refusal{HttpStatus(error.code), "", std::string(CodeName(error.code)), error.message,
                  static_cast<int>(error.retry_after_s)};
  switch (error.code) {
    case Code::kPermissionDenied:
      refusal.message = "Access denied: " + error.message + ".";
      switch (error.why) {
        case ReserveError::Why::kBudget:
          refusal.native = "AccessDenied", refusal.compatible = "budget_exceeded";
          break;
        case ReserveError::Why::kUnpriced:
          refusal.native = "AccessDenied.Unpurchased", refusal.compatible = "access_denied";
          break;
        case ReserveError::Why::kBalance:
          refusal.status = 400;
          refusal.native = refusal.compatible = "Arrearage";
          refusal.message = "Access denied, please make sure your account is in good standing: " + error.message + ".";
          break;
        case ReserveError::Why::kOther:
          refusal.native = "AccessDenied", refusal.compatible = "access_denied";
          break;
      }
      break;
    case Code::kAlreadyExists:
      refusal.native = "InvalidParameter", refusal.compatible = "idempotency_key_used";
      break;
    case Code::kTooMany:
    case Code::kUnavailable:
      refusal.status = 503;
      refusal.native = "ServiceUnavailable", refusal.compatible = "unavailable";
      refusal.retry_after_s = std::max(refusal.retry_after_s, 1);
      break;
    case Code::kInvalidArgument:
      refusal.native = "InvalidParameter", refusal.compatible = "invalid_value";
      break;
    default:
      refusal.native = "InternalError";
  }
  return refusal;
}

Refusal Denied(std::string native, std::string message) {
  return {403, std::move(native), "access_denied", std::move(message), 0};
}

}  // namespace

Refusal RefusalOf(const Suspension& suspension) {
  switch (suspension.of) {
    case Suspension::Of::kAccount:
      return Denied("AccessDenied", fmt::format("Access denied: the account '{}' is suspended, and its keys with it. "
                                                "Ask whoever runs this cloud.",
                                                suspension.name));
    case Suspension::Of::kWorkspace:
      return Denied("Workspace.AccessDenied",
                    fmt::format("Workspace access denied: the workspace '{}' is suspended, and its keys with it. "
                                "Ask whoever runs this cloud.",
                                suspension.name));
    case Suspension::Of::kPerson:
      return Denied("AccessDenied",
                    fmt::format("Access denied: '{}', whose key this is, is suspended. Ask an administrator of the "
                                "workspace for another key, or whoever runs this cloud.",
                                suspension.name));
  }
  CHECK(false);
}

Grant::Grant(Ledger& ledger, std::shared_ptr<Reservation> reservation, RateLimiter::Hold hold, std::int64_t answers)
    : ledger_(ledger),
      reservation_(std::move(reservation)),
      output_tokens_(reservation_->output_tokens_max / answers),
      hold_(std::move(hold)) {}

Grant::~Grant() { Settle(EndReason::kAborted); }

void Grant::Settle(EndReason reason) {
  std::lock_guard lock(mutex_);
  if (std::exchange(ended_, true)) return;
  const Receipt receipt = ledger_.Settle(reservation_, reason);
  hold_.Settle(receipt.units.Total());
}

void Grant::Release() {
  std::lock_guard lock(mutex_);
  if (std::exchange(ended_, true)) return;
  ledger_.Release(reservation_);
  hold_.Settle(0);
}

void Grant::Leave() {
  std::lock_guard lock(mutex_);
  if (std::exchange(ended_, true)) return;
  hold_.Settle(0);
}

Admission::Answer Admission::Admit(const Principal& principal, const AdmissionRequest& request) {
  Answer answer;
  const auto refuse = [&](Refusal refusal) {
    answer.refusal = std::move(refusal);
    return std::move(answer);
  };
  if (!principal.May(Right::kUseModels))
    return refuse(Denied("AccessDenied", "Access denied: the key's owner may not use models in this workspace."));
  if (!principal.AllowsModel(request.model))
    return refuse(Denied("Model.AccessDenied", fmt::format("Model access denied: this key is not for model '{}'.",
                                                           request.model.substr(0, kNameBytesMax))));
  if (!principal.AllowsApp(request.app))
    return refuse(Denied("App.AccessDenied", fmt::format("App access denied: this key is not for app '{}'.",
                                                         request.app.substr(0, kNameBytesMax))));
  if (partners_ && !partners_->MayUse(OfferingKind::kModel, request.model, principal.workspace.id))
    return refuse(Denied("Model.AccessDenied", fmt::format("Model access denied: '{}' is not listed.",
                                                           request.model.substr(0, kNameBytesMax))));
  if (partners_ && !partners_->MayUse(OfferingKind::kApp, request.app, principal.workspace.id))
    return refuse(Denied("App.AccessDenied",
                         fmt::format("App access denied: '{}' is not listed.", request.app.substr(0, kNameBytesMax))));
  const bool plain = std::none_of(request.app.begin(), request.app.end(),
                                  [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  if (request.app.size() > kAppNameBytesMax || !plain || !store::IsStorableText(request.app))
    return refuse({400, "InvalidParameter", "invalid_value",
                   fmt::format("The name of an app is UTF-8 of at most {} bytes.", kAppNameBytesMax)});
  if (request.idempotency_key.size() > kIdempotencyKeyBytesMax)
    return refuse({400, "InvalidParameter", "invalid_value",
                   fmt::format("An Idempotency-Key has at most {} bytes.", kIdempotencyKeyBytesMax)});

  const LimitSubject subject = {principal.account.id, principal.workspace.id, principal.key.id, request.model};
  const std::int64_t input = request.input.Total();
  const std::int64_t output = request.answers * request.output_tokens;
  const std::int64_t assumed =
      request.output_tokens_given ? output : std::min(output, request.answers * kOutputTokensAssumed);
  RateLimiter::Decision limits =
      limiter_.Admit(subject, input + assumed, request.output_tokens_given ? input + output : input);
  answer.left = limits.left;
  if (limits.refusal) return refuse(OfLimit(*limits.refusal));

  ReserveRequest reserve;
  reserve.workspace_id = principal.workspace.id;
  reserve.key_id = principal.key.id;
  reserve.model = request.model;
  reserve.app = request.app;
  reserve.request_id = request.request_id;
  reserve.terms = {principal.account.id,
                   principal.account.currency,
                   principal.account.billing == Billing::kPostpaid,
                   principal.account.credit_limit_micro,
                   static_cast<std::int32_t>(principal.workspace.discount_ppm),
                   principal.workspace.sandbox};
  reserve.batch = request.batch;
  reserve.most = request.input;
  reserve.most[Kind::kOutput] = output;
  reserve.may_shorten = !request.output_tokens_given;
  reserve.output_tokens_min = request.answers;
  reserve.slots = static_cast<int>(request.answers);
  reserve.idempotency_key = request.idempotency_key;
  auto reservation = ledger_.Reserve(reserve);
  if (!reservation) {
    limits.hold.Settle(0);
    return refuse(OfLedger(reservation.error()));
  }
  answer.grant = std::make_shared<Grant>(ledger_, std::move(*reservation), std::move(limits.hold), request.answers);
  return answer;
}

}  // namespace yun::cloud
