#include "cli/admin_commands.h"

namespace yun::cli {

namespace {

using A = AdminArgument;
using C = AdminColumn;
using K = AdminArgument::Kind;
constexpr auto kMoney = AdminColumn::Kind::kMoney;
constexpr auto kTime = AdminColumn::Kind::kTime;
constexpr auto kPercent = AdminColumn::Kind::kPercent;
constexpr auto kList = AdminColumn::Kind::kList;

const A kWorkspace{"WORKSPACE", "{workspace_id}", K::kWorkspace, "its id or name", true};
const A kAccount{"ACCOUNT", "{account_id}", K::kAccount, "its id or name", true};
const A kPartner{"PARTNER", "{partner_id}", K::kPartner, "its id or name", true};
const A kKey{"KEY", "{key_id}", K::kKey, "its id or name", true};
const A kMember{"WHO", "{person_id}", K::kMember, "id or e-mail address", true};
const A kModel{"MODEL", "{model}", K::kText, "as it is served", true};
const A kLimit{"--page", "?limit", K::kInteger, "items asked for at a time"};
const A kFormat{"--format", "?format", K::kText, "json, csv or pdf"};

const std::vector<C> kWorkspaceColumns = {{"ID", "id"}, {"NAME", "name"}, {"STATUS", "status"}, {"ROLE", "role"},
                                          {"ACCOUNT", "account_id"}, {"MADE", "created_ms", kTime}};
const std::vector<C> kAccountColumns = {{"ID", "id"}, {"NAME", "name"}, {"CURRENCY", "currency"},
                                        {"BILLING", "billing"}, {"CREDIT", "credit_limit_micro", kMoney},
                                        {"STATUS", "status"}};
const std::vector<C> kMemberColumns = {{"PERSON", "person_id"}, {"ROLE", "role"}, {"NAME", "name"},
                                       {"E-MAIL", "email"}, {"STATUS", "status"}};
const std::vector<C> kPersonColumns = {{"ID", "id"}, {"NAME", "name"}, {"E-MAIL", "email"},
                                       {"OPERATOR", "is_operator"}, {"STATUS", "status"}};
const std::vector<C> kKeyColumns = {{"ID", "id"}, {"NAME", "name"}, {"HINT", "hint"}, {"STATUS", "status"},
                                    {"MODELS", "models", kList}, {"ENDPOINTS", "endpoints", kList},
                                    {"EXPIRES", "expires_ms", kTime}};
const std::vector<C> kRuleColumns = {{"SCOPE", "scope"}, {"ID", "id"}, {"MODEL", "model"},
                                     {"RPM", "requests_per_minute"}, {"TPM", "tokens_per_minute"},
                                     {"CONCURRENT", "concurrent"}, {"BURST", "burst_per_second"}};
const std::vector<C> kBudgetColumns = {{"ID", "id"}, {"SCOPE", "scope"}, {"SUBJECT", "subject"},
                                       {"PERIOD", "period"}, {"AMOUNT", "amount_micro", kMoney},
                                       {"SPENT", "spent_micro", kMoney}, {"HELD", "held_micro", kMoney},
                                       {"HARD", "hard"}};
const std::vector<C> kUsageColumns = {{"FROM", "start_ms", kTime}, {"WORKSPACE", "workspace_id"}, {"KEY", "key_id"},
                                      {"MODEL", "model"}, {"APP", "app"}, {"PARTNER", "partner_id"},
                                      {"REQUESTS", "requests"}, {"INPUT", "/units/input"},
                                      {"CACHED", "/units/cached_input"}, {"OUTPUT", "/units/output"},
                                      {"THINKING", "/units/thinking"}, {"AMOUNT", "amount_micro", kMoney},
                                      {"CURRENCY", "currency"}};
const std::vector<C> kReceiptColumns = {{"ID", "id"}, {"ENDED", "ended_ms", kTime}, {"MODEL", "model"},
                                        {"KEY", "key_id"}, {"END", "end_reason"}, {"INPUT", "/units/input"},
                                        {"OUTPUT", "/units/output"}, {"AMOUNT", "amount_micro", kMoney},
                                        {"CURRENCY", "currency"}};
const std::vector<C> kPromptColumns = {{"RECEIPT", "receipt_id"}, {"AT", "created_ms", kTime}, {"MODEL", "model"},
                                       {"KEY", "key_id"}, {"BYTES", "bytes"}};
const std::vector<C> kInvoiceColumns = {{"ID", "id"}, {"NUMBER", "number"}, {"MONTH", "month"},
                                        {"ACCOUNT", "account_id"}, {"PAYABLE", "payable_micro", kMoney},
                                        {"CREDITED", "credited_micro", kMoney}, {"CURRENCY", "currency"},
                                        {"DUE", "due_ms", kTime}};
const std::vector<C> kAdapterColumns = {{"ID", "id"}, {"BASE", "base"}, {"RANK", "rank"}, {"BYTES", "bytes"},
                                        {"LOADED", "created_ms", kTime}, {"ERROR", "error"}};
const std::vector<C> kModelColumns = {{"ID", "id"}, {"STATE", "state"}, {"PINNED", "pinned"},
                                      {"WEIGHTS", "weight_bytes"}, {"CACHE", "cache_bytes"}, {"RUN", "running"},
                                      {"WAIT", "waiting"}, {"LOADS", "loads"}, {"LINE", "line"}, {"ERROR", "error"}};
const std::vector<C> kAuditColumns = {{"ID", "id"}, {"AT", "at_ms", kTime}, {"PERSON", "person_id"}, {"KEY", "key_id"},
                                      {"FROM", "ip"}, {"ACTION", "action"}, {"TARGET", "target"}};

const std::vector<A> kScopes = {
    {"--models", "models", K::kTexts, "only these, with * and ?"},
    {"--endpoints", "endpoints", K::kTexts, "only these: chat, completions, embeddings, ..., admin"},
    {"--ips", "ip_ranges", K::kTexts, "only from these addresses: 10.0.0.0/8"},
    {"--apps", "apps", K::kTexts, "only for these apps"},
    {"--expires", "expires_ms", K::kTime, "2027-01-01, or +30d"}};
const std::vector<A> kLimits = {{"--rpm", "requests_per_minute", K::kInteger, "requests a minute"},
                                {"--tpm", "tokens_per_minute", K::kInteger, "tokens a minute"},
                                {"--concurrent", "concurrent", K::kInteger, "requests at once"},
                                {"--burst", "burst_per_second", K::kInteger, "requests in the first second"},
                                {"--model", "model", K::kText, "for this model only"}};
const std::vector<A> kKeyLimits = {{"--rpm", "limits.requests_per_minute", K::kInteger, "requests a minute"},
                                   {"--tpm", "limits.tokens_per_minute", K::kInteger, "tokens a minute"},
                                   {"--concurrent", "limits.concurrent", K::kInteger, "requests at once"},
                                   {"--budget", "budget.amount_micro", K::kMoney, "the most that it may cost: 5.00"},
                                   {"--period", "budget.period", K::kText, "of the budget: day, month or total"}};
const std::vector<A> kTerms = {{"--billing", "billing", K::kText, "prepaid or postpaid"},
                               {"--credit-limit", "credit_limit_micro", K::kMoney, "how far below zero: 100.00"}};
const std::vector<A> kLetterHead = {{"--tax-number", "tax_number", K::kText, "on invoices"},
                                    {"--address", "address", K::kText, "on invoices, with line breaks"},
                                    {"--email", "email", K::kText, "where invoices go"}};
const std::vector<A> kTax = {{"--tax-name", "tax_name", K::kText, "on invoices: VAT"},
                             {"--tax-ppm", "tax_ppm", K::kInteger, "60000 is 6 %"}};
const std::vector<A> kBudgetSettings = {
    {"--hard", "hard", K::kBoolean, "false: only alerts"},
    {"--alerts", "alerts_percent", K::kTexts, "at these percents: 50,80,100"},
    {"--webhook", "webhook_url", K::kText, "where alerts are posted"},
    {"--webhook-secret", "webhook_secret", K::kText, "signs them"}};
const std::vector<A> kSpan = {{"--from", "?from_ms", K::kTime, "2026-11-01, or 7d (ago)"},
                              {"--to", "?to_ms", K::kTime, "as --from"}};

std::vector<A> Join(std::vector<A> first, const std::vector<A>& a, const std::vector<A>& b = {},
                    const std::vector<A>& c = {}) {
  for (const auto* more : {&a, &b, &c}) first.insert(first.end(), more->begin(), more->end());
  return first;
}

// clang-format off: rows
std::vector<AdminCommand> Make() {
  const std::vector<A> usage = Join(
      {{"WORKSPACE", "{workspace_id}", K::kWorkspace, "its id or name; none: of the whole cloud (operators)"}}, kSpan,
      {{"--granularity", "?granularity", K::kText, "minute, hour or day"},
       {"--by", "?by", K::kTexts, "time,workspace,key,model,app,partner"},
       {"--key", "?key_id", K::kText, "only of this key's id"},
       {"--model", "?model", K::kText, "only of this model"},
       {"--app", "?app", K::kText, "only of this app"}});
  return {
      {"workspace", "list", "those you belong to; an operator sees all", "GET", "/workspaces", {kLimit},
       kWorkspaceColumns, "yun admin workspace list"},
      {"workspace", "show", "one of them", "GET", "/workspaces/{workspace_id}", {kWorkspace}, {},
       "yun admin workspace show shop"},
      {"workspace", "create", "make one, and an account if none is named", "POST", "/workspaces",
       Join({{"NAME", "name", K::kText, "for people", true},
             {"--account", "account_id", K::kAccount, "who pays; none: a new account"},
             {"--currency", "currency", K::kText, "of a new account: CNY"},
             {"--owner", "owner_id", K::kPerson, "the first member"},
             {"--sandbox", "sandbox", K::kFlag, "everything costs nothing"}},
            kTerms),
       {}, "yun admin workspace create shop\n  yun admin workspace create lab --account shop --currency CNY"},
      {"workspace", "change", "its name, and what is kept of it", "PATCH", "/workspaces/{workspace_id}",
       {kWorkspace, {"--name", "name", K::kText, "another name"},
        {"--share-prefix", "share_prefix", K::kBoolean, "its keys share cached prefixes"},
        {"--store-prompts", "store_prompts", K::kBoolean, "keep prompts, encrypted"},
        {"--retention-days", "retention_days", K::kInteger, "of stored prompts"}},
       {}, "yun admin workspace change shop --name store"},
      {"workspace", "terms", "its standing, queue share and discount", "PATCH", "/workspaces/{workspace_id}/terms",
       {kWorkspace, {"--status", "status", K::kText, "active, suspended or closed"},
        {"--weight", "weight", K::kInteger, "share of the queue beside others"},
        {"--priority", "priority", K::kInteger, "higher goes first"},
        {"--discount-ppm", "discount_ppm", K::kInteger, "100000 is 10 % off every price"},
        {"--sandbox", "sandbox", K::kBoolean, "everything costs nothing"}},
       {}, "yun admin workspace terms shop --status suspended"},

      {"account", "list", "those whose money you may see", "GET", "/accounts", {kLimit}, kAccountColumns,
       "yun admin account list"},
      {"account", "show", "one of them", "GET", "/accounts/{account_id}", {kAccount}, {},
       "yun admin account show shop"},
      {"account", "create", "make one", "POST", "/accounts",
       Join({{"NAME", "name", K::kText, "as on invoices", true}, {"--currency", "currency", K::kText, "CNY"}}, kTerms,
            kTax, kLetterHead),
       {}, "yun admin account create 'Shop Ltd' --billing postpaid --credit-limit 1000"},
      {"account", "change", "its terms and standing", "PATCH", "/accounts/{account_id}",
       Join({kAccount, {"--name", "name", K::kText, "another name"},
             {"--status", "status", K::kText, "active, suspended or closed"}},
            kTerms, kTax, kLetterHead),
       {}, "yun admin account change shop --tax-name VAT --tax-ppm 60000"},
      {"account", "billing", "what stands on its invoices", "PATCH", "/accounts/{account_id}/billing",
       Join({kAccount}, kLetterHead), {}, "yun admin account billing shop --email bills@example.com"},

      {"member", "list", "who belongs to a workspace", "GET", "/workspaces/{workspace_id}/members",
       {kWorkspace, kLimit},
       kMemberColumns, "yun admin member list shop"},
      {"member", "add", "add somebody; someone new gets a sign-in link", "POST", "/workspaces/{workspace_id}/members",
       {kWorkspace, {"EMAIL", "email", K::kText, "of somebody known or new", true},
        {"--role", "role", K::kText, "owner, admin, developer, billing or viewer", true},
        {"--name", "name", K::kText, "of somebody new"}},
       {}, "yun admin member add shop li@example.com --role developer --name Li"},
      {"member", "change", "a member's role", "PATCH", "/workspaces/{workspace_id}/members/{person_id}",
       {kWorkspace, kMember, {"--role", "role", K::kText, "owner, admin, developer, billing or viewer", true}}, {},
       "yun admin member change shop li@example.com --role admin"},
      {"member", "remove", "a member goes, and their keys with them", "DELETE",
       "/workspaces/{workspace_id}/members/{person_id}", {kWorkspace, kMember}, {},
       "yun admin member remove shop li@example.com"},

      {"person", "list", "everybody", "GET", "/people", {kLimit}, kPersonColumns, "yun admin person list"},
      {"person", "create", "make one", "POST", "/people",
       {{"NAME", "name", K::kText, "", true}, {"--email", "email", K::kText, "for signing in", true},
        {"--operator", "is_operator", K::kFlag, "runs the cloud: may all, everywhere"}},
       {}, "yun admin person create Li --email li@example.com"},
      {"person", "change", "change one", "PATCH", "/people/{person_id}",
       {{"WHO", "{person_id}", K::kPerson, "id or e-mail address", true}, {"--name", "name", K::kText, ""},
        {"--email", "email", K::kText, "for signing in"}, {"--operator", "is_operator", K::kBoolean, "runs the cloud"},
        {"--status", "status", K::kText, "active, suspended or closed"}},
       {}, "yun admin person change li@example.com --status suspended"},
      {"person", "link", "a link that signs a person in, once", "POST", "/people/{person_id}/sign-in-links",
       {{"WHO", "{person_id}", K::kPerson, "id or e-mail address", true}}, {},
       "yun admin person link li@example.com"},

      {"key", "list", "the keys of a workspace", "GET", "/workspaces/{workspace_id}/keys", {kWorkspace, kLimit},
       kKeyColumns, "yun admin key list shop"},
      {"key", "create", "make one; it is shown this once", "POST", "/workspaces/{workspace_id}/keys",
       Join({kWorkspace, {"NAME", "name", K::kText, "for people", true},
             {"--person", "person_id", K::kMember, "whose: id or e-mail address"}},
            kScopes, kKeyLimits),
       {}, "yun admin key create shop web --budget 5 --rpm 60\n"
       "  yun admin key create shop ops --endpoints admin --ips 10.0.0.0/8"},
      {"key", "show", "one key", "GET", "/workspaces/{workspace_id}/keys/{key_id}", {kWorkspace, kKey}, {},
       "yun admin key show shop web"},
      {"key", "change", "its name, scopes and expiry", "PATCH", "/workspaces/{workspace_id}/keys/{key_id}",
       Join({kWorkspace, kKey, {"--name", "name", K::kText, "another name"}}, kScopes), {},
       "yun admin key change shop web --models 'qwen3-*' --expires +30d"},
      {"key", "rotate", "a new secret for it", "POST", "/workspaces/{workspace_id}/keys/{key_id}/rotate",
       {kWorkspace, kKey, {"--overlap", "overlap_ms", K::kSpan, "the old one stays good for so long: 24h"}}, {},
       "yun admin key rotate shop web --overlap 24h"},
      {"key", "revoke", "it is good for nothing from now on", "DELETE", "/workspaces/{workspace_id}/keys/{key_id}",
       {kWorkspace, kKey}, {}, "yun admin key revoke shop web"},

      {"quota", "list", "the limits that hold in a workspace", "GET", "/workspaces/{workspace_id}/limits", {kWorkspace},
       kRuleColumns, "yun admin quota list shop"},
      {"quota", "set", "a workspace's limits; without any, they go", "PUT", "/workspaces/{workspace_id}/limits",
       Join({kWorkspace}, kLimits), {}, "yun admin quota set shop --rpm 600 --tpm 1000000"},
      {"quota", "set-key", "a key's limits; without any, they go", "PUT",
       "/workspaces/{workspace_id}/keys/{key_id}/limits", Join({kWorkspace, kKey}, kLimits), {},
       "yun admin quota set-key shop web --rpm 60"},
      {"quota", "set-account", "an account's limits; without any, they go", "PUT", "/accounts/{account_id}/limits",
       Join({kAccount}, kLimits), {}, "yun admin quota set-account shop --rpm 6000 --model qwen3-8b"},
      {"quota", "list-account", "all limits below an account", "GET", "/accounts/{account_id}/limits", {kAccount},
       kRuleColumns, "yun admin quota list-account shop"},

      {"price", "show", "the prices that hold now", "GET", "/prices", {},
       {{"MODEL", "model"}, {"CURRENCY", "currency"}, {"FROM", "from_ms", kTime}, {"OVER", "over_input_tokens"},
        {"INPUT/M", "/micro_per_million/input", kMoney}, {"CACHED/M", "/micro_per_million/cached_input", kMoney},
        {"OUTPUT/M", "/micro_per_million/output", kMoney}, {"THINKING/M", "/micro_per_million/thinking", kMoney}},
       "yun admin price show"},
      {"price", "check", "what would change with a book", "POST", "/prices/check",
       {{"FILE", "toml", K::kFile, "a price book", true}}, {}, "yun admin price check prices.toml"},
      {"price", "load", "load a book; it holds from now on", "POST", "/prices",
       {{"FILE", "toml", K::kFile, "a price book", true}}, {}, "yun admin price load prices.toml"},
      {"price", "example", "a book with made-up prices that shows the format", "GET", "/prices/example", {}, {},
       "yun admin price example --output prices.toml", {}, false, true},
      {"price", "versions", "the books that were loaded", "GET", "/prices/versions", {},
       {{"VERSION", "version"}, {"LOADED", "loaded_ms", kTime}, {"BY", "actor"}}, "yun admin price versions"},
      {"price", "text", "the text of one", "GET", "/prices/versions/{version}",
       {{"VERSION", "{version}", K::kText, "", true}}, {}, "yun admin price text 2026-11", {}, false, true},

      {"balance", "", "what a workspace can spend", "GET", "/workspaces/{workspace_id}/balance", {kWorkspace}, {},
       "yun admin balance shop"},
      {"topup", "", "note money that came in", "POST", "/workspaces/{workspace_id}/top-ups",
       {kWorkspace, {"AMOUNT", "amount_micro", K::kMoney, "5.00", true},
        {"--note", "note", K::kText, "for the statement"}},
       {}, "yun admin topup shop 5 --note 'bank transfer 17'", {}, true},
      {"adjust", "", "a correction, or a credit for nothing", "POST", "/workspaces/{workspace_id}/adjustments",
       {kWorkspace, {"AMOUNT", "amount_micro", K::kMoney, "above 0: to the workspace", true},
        {"--kind", "kind", K::kText, "adjustment or promotion", true}, {"--note", "note", K::kText, "why", true}},
       {}, "yun admin adjust shop 1.50 --kind promotion --note 'welcome'", {}, true},

      {"budget", "list", "the budgets of a workspace", "GET", "/workspaces/{workspace_id}/budgets",
       {kWorkspace, kLimit},
       kBudgetColumns, "yun admin budget list shop"},
      {"budget", "create", "make one", "POST", "/workspaces/{workspace_id}/budgets",
       Join({kWorkspace, {"AMOUNT", "amount_micro", K::kMoney, "100.00", true},
             {"--period", "period", K::kText, "day, month or total", true},
             {"--scope", "scope", K::kText, "workspace, key or model"},
             {"--subject", "subject", K::kText, "with key and model: whose"}},
            kBudgetSettings),
       {}, "yun admin budget create shop 100 --period month --alerts 50,80,100"},
      {"budget", "change", "change one", "PATCH", "/workspaces/{workspace_id}/budgets/{budget_id}",
       Join({kWorkspace, {"BUDGET", "{budget_id}", K::kText, "its id", true},
             {"--amount", "amount_micro", K::kMoney, "100.00"}},
            kBudgetSettings),
       {}, "yun admin budget change shop bud_0123 --amount 200"},
      {"budget", "show", "one budget", "GET", "/workspaces/{workspace_id}/budgets/{budget_id}",
       {kWorkspace, {"BUDGET", "{budget_id}", K::kText, "its id", true}}, {}, "yun admin budget show shop bud_0123"},
      {"budget", "delete", "it holds no longer", "DELETE", "/workspaces/{workspace_id}/budgets/{budget_id}",
       {kWorkspace, {"BUDGET", "{budget_id}", K::kText, "its id", true}}, {}, "yun admin budget delete shop bud_0123"},
      {"budget", "alerts", "the alerts that were given", "GET", "/workspaces/{workspace_id}/alerts", {kWorkspace},
       {{"AT", "created_ms", kTime}, {"BUDGET", "budget_id"}, {"PART", "threshold_ppm", kPercent},
        {"SPENT", "spent_micro", kMoney}, {"OF", "amount_micro", kMoney}, {"DELIVERED", "delivered_ms", kTime},
        {"ERROR", "last_error"}},
       "yun admin budget alerts shop"},

      {"usage", "", "requests, tokens and charges in sums", "GET", "/workspaces/{workspace_id}/usage", usage,
       kUsageColumns, "yun admin usage shop --from 7d --by time,model\n  yun admin usage --by workspace", "/usage"},
      {"receipt", "list", "what each request cost, the latest first", "GET", "/workspaces/{workspace_id}/receipts",
       Join({kWorkspace, {"--key", "?key_id", K::kText, "only of this key's id"},
             {"--model", "?model", K::kText, "only of this model"}, kLimit},
            kSpan),
       kReceiptColumns, "yun admin receipt list shop --from 1d"},
      {"receipt", "show", "one receipt", "GET", "/workspaces/{workspace_id}/receipts/{receipt_id}",
       {kWorkspace, {"RECEIPT", "{receipt_id}", K::kText, "its id", true}}, {}, "yun admin receipt show shop rcp_0123"},

      {"prompt", "list", "stored ones, without their texts; the latest first", "GET",
       "/workspaces/{workspace_id}/prompts", {kWorkspace, kLimit}, kPromptColumns, "yun admin prompt list shop"},
      {"prompt", "show", "a stored request and its answer; the audit log says who read it", "GET",
       "/workspaces/{workspace_id}/prompts/{receipt_id}",
       {kWorkspace, {"RECEIPT", "{receipt_id}", K::kText, "of the request", true}}, {},
       "yun admin prompt show shop rcp_0123"},
      {"prompt", "delete", "remove one", "DELETE", "/workspaces/{workspace_id}/prompts/{receipt_id}",
       {kWorkspace, {"RECEIPT", "{receipt_id}", K::kText, "of the request", true}}, {},
       "yun admin prompt delete shop rcp_0123"},
      {"prompt", "clear", "remove all of a workspace", "DELETE", "/workspaces/{workspace_id}/prompts", {kWorkspace},
       {}, "yun admin prompt clear shop"},

      {"invoice", "list", "the latest first", "GET", "/accounts/{account_id}/invoices",
       {{"ACCOUNT", "{account_id}", K::kAccount, "its id or name; none: of all (operators)"}, kLimit}, kInvoiceColumns,
       "yun admin invoice list shop", "/invoices"},
      {"invoice", "issue", "issue the invoice of a month that is over", "POST", "/accounts/{account_id}/invoices",
       {kAccount, {"MONTH", "month", K::kText, "2026-11", true}}, {}, "yun admin invoice issue shop 2026-11"},
      {"invoice", "preview", "the invoice as it would be now", "GET", "/accounts/{account_id}/invoices/preview",
       {kAccount, {"MONTH", "?month", K::kText, "2026-11", true}, kFormat}, {},
       "yun admin invoice preview shop 2026-11\n"
       "  yun admin invoice preview shop 2026-11 --format pdf --output bill.pdf",
       {}, false, true},
      {"invoice", "show", "one invoice", "GET", "/accounts/{account_id}/invoices/{invoice_id}",
       {kAccount, {"INVOICE", "{invoice_id}", K::kText, "its id", true}, kFormat}, {},
       "yun admin invoice show shop inv_0123 --format pdf --output bill.pdf", {}, false, true},
      {"invoice", "credit", "give a line back, in part or whole", "POST",
       "/accounts/{account_id}/invoices/{invoice_id}/credit-notes",
       {kAccount, {"INVOICE", "{invoice_id}", K::kText, "its id", true},
        {"--line", "line", K::kInteger, "of the invoice", true}, {"--amount", "amount_micro", K::kMoney, "1.50", true},
        {"--reason", "reason", K::kText, "why", true}},
       {}, "yun admin invoice credit shop inv_0123 --line 1 --amount 1.50 --reason 'outage'", {}, true},
      {"invoice", "credits", "what was given back", "GET", "/accounts/{account_id}/invoices/{invoice_id}/credit-notes",
       {kAccount, {"INVOICE", "{invoice_id}", K::kText, "its id", true}},
       {{"NUMBER", "number"}, {"LINE", "line"}, {"TOTAL", "total_micro", kMoney}, {"REASON", "reason"}},
       "yun admin invoice credits shop inv_0123"},
      {"statement", "", "what came in, what was used, what is left", "GET", "/accounts/{account_id}/statement",
       {kAccount, {"--from", "?from", K::kText, "the first day: 2026-11-01", true},
        {"--to", "?to", K::kText, "the day after the last: 2026-12-01", true}, kFormat},
       {}, "yun admin statement shop --from 2026-11-01 --to 2026-12-01", {}, false, true},
      {"billing", "show", "what stands on all bills, and what chips cost", "GET", "/billing-settings", {}, {},
       "yun admin billing show"},
      {"billing", "change", "change it for bills from now on", "PATCH", "/billing-settings",
       {{"--seller-name", "seller_name", K::kText, ""}, {"--seller-address", "seller_address", K::kText, ""},
        {"--seller-tax-id", "seller_tax_id", K::kText, ""},
        {"--number-prefix", "number_prefix", K::kText, "INV"},
        {"--series-per-account", "series_per_account", K::kBoolean, "numbers without gaps for each account"},
        {"--tax-included", "tax_included", K::kBoolean, "prices hold the tax already"},
        {"--due-days", "due_days", K::kInteger, "of a postpaid invoice"}, {"--note", "note", K::kText, "at the foot"},
        {"--cost-currency", "cost_currency", K::kText, "of the prices below"},
        {"--cpu-hour", "cpu_hour_micro", K::kMoney, "an hour of one CPU"},
        {"--kwh", "kwh_micro", K::kMoney, "a kilowatt hour"},
        {"--cpu-milliwatts", "cpu_milliwatts", K::kInteger, "drawn for one busy CPU"}},
       {}, "yun admin billing change --seller-name 'Cloud Ltd' --due-days 30"},

      {"report", "revenue", "what recurs, what is new, what was lost", "GET", "/reports/revenue",
       {{"--currency", "?currency", K::kText, "CNY"}, {"--first", "?first", K::kText, "a month: 2026-01"},
        {"--last", "?last", K::kText, "a month"}},
       {{"MONTH", "month"}, {"USAGE", "usage_micro", kMoney}, {"RECURRING", "recurring_micro", kMoney},
        {"NEW", "new_micro", kMoney}, {"LOST", "lost_micro", kMoney}, {"PARTNERS", "partners_micro", kMoney},
        {"PLATFORM", "platform_micro", kMoney}, {"CREDITED", "credited_micro", kMoney}, {"WORKSPACES", "workspaces"},
        {"GROWTH", "growth_ppm", kPercent}},
       "yun admin report revenue --first 2026-01"},
      {"report", "workspaces", "who used most in a month", "GET", "/reports/workspaces",
       {{"--currency", "?currency", K::kText, "CNY"}, {"--month", "?month", K::kText, "2026-11"},
        {"--limit", "?limit", K::kInteger, "how many"}},
       {{"WORKSPACE", "workspace_id"}, {"ACCOUNT", "account_id"}, {"USAGE", "usage_micro", kMoney},
        {"SHARE", "share_ppm", kPercent}, {"BEFORE", "before_micro", kMoney}},
       "yun admin report workspaces --month 2026-11"},
      {"report", "models", "what each model earned and cost in a month", "GET", "/reports/models",
       {{"--currency", "?currency", K::kText, "CNY"}, {"--month", "?month", K::kText, "2026-11"}},
       {{"MODEL", "model"}, {"REQUESTS", "requests"}, {"TOKENS", "tokens"}, {"INCOME", "income_micro", kMoney},
        {"PARTNERS", "partners_micro", kMoney}, {"CPU-MS", "cpu_ms"}, {"CHIPS", "chips_micro", kMoney},
        {"ENERGY", "energy_micro", kMoney}, {"MARGIN", "margin_micro", kMoney}},
       "yun admin report models"},

      {"partner", "list", "all partners", "GET", "/partners", {kLimit},
       {{"ID", "id"}, {"NAME", "name"}, {"ACCOUNT", "account_id"}, {"STATUS", "status"}}, "yun admin partner list"},
      {"partner", "create", "make an account a partner", "POST", "/partners",
       {{"NAME", "name", K::kText, "", true}, {"--account", "account_id", K::kAccount, "its id or name", true}}, {},
       "yun admin partner create 'Maps Ltd' --account maps"},
      {"partner", "show", "one partner", "GET", "/partners/{partner_id}", {kPartner}, {},
       "yun admin partner show 'Maps Ltd'"},
      {"partner", "close", "serve its offerings no more", "POST", "/partners/{partner_id}/close", {kPartner}, {},
       "yun admin partner close 'Maps Ltd'"},
      {"partner", "offerings", "what it offers", "GET", "/partners/{partner_id}/offerings", {kPartner, kLimit},
       {{"ID", "id"}, {"KIND", "kind"}, {"NAME", "name"}, {"STATE", "state"}, {"SHARE", "share_ppm", kPercent},
        {"TITLE", "title"}},
       "yun admin partner offerings 'Maps Ltd'"},
      {"partner", "offer", "draft an offering", "POST", "/partners/{partner_id}/offerings",
       {kPartner, {"NAME", "name", K::kText, "as a request says it", true},
        {"--kind", "kind", K::kText, "model or app", true},
        {"--share-ppm", "share_ppm", K::kInteger, "300000: 30 % of the charges", true},
        {"--title", "title", K::kText, "for people"}},
       {}, "yun admin partner offer 'Maps Ltd' maps-7b --kind model --share-ppm 300000"},
      {"partner", "submit", "send a draft for review", "POST", "/partners/{partner_id}/offerings/{offering_id}/submit",
       {kPartner, {"OFFERING", "{offering_id}", K::kText, "its id", true}}, {},
       "yun admin partner submit 'Maps Ltd' off_0123"},
      {"partner", "review", "list it, or send it back", "POST", "/partners/{partner_id}/offerings/{offering_id}/review",
       {kPartner, {"OFFERING", "{offering_id}", K::kText, "its id", true},
        {"--list", "list", K::kBoolean, "true: list; false: back to draft", true}, {"--note", "note", K::kText, "why"}},
       {}, "yun admin partner review 'Maps Ltd' off_0123 --list true"},
      {"partner", "withdraw", "take an offering back", "POST",
       "/partners/{partner_id}/offerings/{offering_id}/withdraw",
       {kPartner, {"OFFERING", "{offering_id}", K::kText, "its id", true}}, {},
       "yun admin partner withdraw 'Maps Ltd' off_0123"},
      {"partner", "remove", "remove a draft: its name is free again", "DELETE",
       "/partners/{partner_id}/offerings/{offering_id}",
       {kPartner, {"OFFERING", "{offering_id}", K::kText, "its id", true}}, {},
       "yun admin partner remove 'Maps Ltd' off_0123"},
      {"partner", "sandbox-key", "a key to try things with, for nothing", "POST", "/partners/{partner_id}/sandbox-keys",
       {kPartner, {"NAME", "name", K::kText, "for people", true}}, {}, "yun admin partner sandbox-key 'Maps Ltd' try"},
      {"partner", "payable", "what it could be paid now", "GET", "/partners/{partner_id}/payable",
       {kPartner, {"--currency", "?currency", K::kText, "CNY"}}, {}, "yun admin partner payable 'Maps Ltd'"},
      {"partner", "statement", "what it earned and was paid in a month", "GET", "/partners/{partner_id}/statement",
       {kPartner, {"--month", "?month", K::kText, "2026-11"}, {"--currency", "?currency", K::kText, "CNY"},
        {"--format", "?format", K::kText, "json or csv"}},
       {}, "yun admin partner statement 'Maps Ltd' --month 2026-11", {}, false, true},
      {"partner", "payouts", "what it was paid", "GET", "/partners/{partner_id}/payouts", {kPartner},
       {{"ID", "id"}, {"AT", "paid_ms", kTime}, {"AMOUNT", "amount_micro", kMoney}, {"CURRENCY", "currency"},
        {"NOTE", "note"}},
       "yun admin partner payouts 'Maps Ltd'"},
      {"partner", "payout", "note that it was paid", "POST", "/partners/{partner_id}/payouts",
       {kPartner, {"AMOUNT", "amount_micro", K::kMoney, "100.00", true},
        {"--currency", "currency", K::kText, "CNY", true}, {"--note", "note", K::kText, "for the statement"}},
       {}, "yun admin partner payout 'Maps Ltd' 100 --currency CNY", {}, true},

      {"model", "list", "those that are served: what is in memory, who waits", "GET", "/models", {kLimit},
       kModelColumns, "yun admin model list"},
      {"model", "add", "serve a model more, now and after a restart", "POST", "/models",
       {{"SOURCE", "source", K::kText, "a name of the store, or on the server a file or a folder", true},
        {"--name", "name", K::kText, "to serve it under"},
        {"--cache-bytes", "cache_bytes", K::kInteger, "for its keys and values; none: as much as others have"}},
       {}, "yun admin model add qwen3:1.7b\n  yun admin model add /srv/models/shop.gguf --name shop"},
      {"model", "remove", "serve it and its adapters no longer; requests that run finish", "DELETE", "/models/{model}",
       {kModel}, {}, "yun admin model remove shop"},
      {"model", "load", "have its weights come, as a request would", "POST", "/models/{model}/load", {kModel}, {},
       "yun admin model load qwen3:1.7b"},
      {"model", "unload", "have its weights go as soon as it has no work", "POST", "/models/{model}/unload", {kModel},
       {}, "yun admin model unload qwen3:1.7b"},
      {"model", "pin", "have its weights come and never give way", "POST", "/models/{model}/pin", {kModel}, {},
       "yun admin model pin qwen3:1.7b"},
      {"model", "unpin", "its weights may give way again", "POST", "/models/{model}/unpin", {kModel}, {},
       "yun admin model unpin qwen3:1.7b"},

      {"adapter", "list", "those that are loaded", "GET", "/adapters", {kLimit}, kAdapterColumns,
       "yun admin adapter list"},
      {"adapter", "load", "serve an adapter (LoRA) of a model as <base>+<name>", "POST", "/adapters",
       {{"NAME", "name", K::kText, "shop", true},
        {"PATH", "path", K::kText, "on the server: a folder or a GGUF file", true},
        {"--base", "base", K::kText, "the model it belongs to; may be left out where one is served"}},
       {}, "yun admin adapter load shop /srv/adapters/shop --base qwen3:0.6b"},
      {"adapter", "unload", "serve it no longer; requests that run with it finish", "DELETE", "/adapters/{name}",
       {{"NAME", "{name}", K::kText, "shop", true},
        {"--base", "?base", K::kText, "where several models have one of that name"}},
       {}, "yun admin adapter unload shop"},

      {"audit", "list", "who did what, when, from where", "GET", "/workspaces/{workspace_id}/audit",
       Join({{"WORKSPACE", "{workspace_id}", K::kWorkspace, "its id or name; none: of all (operators)"},
             {"--person", "?person_id", K::kText, "only theirs"}, {"--action", "?action", K::kText, "key.create"},
             {"--target", "?target", K::kText, "an id"}, kLimit},
            kSpan),
       kAuditColumns, "yun admin audit list --from 1d\n  yun admin audit list shop --action key.create", "/audit"},
      {"audit", "verify", "walk the chain of hashes", "GET", "/audit/verify", {}, {}, "yun admin audit verify"},

      {"reconcile", "", "compare what the engines counted with what was charged", "GET", "/reconcile",
       {{"--quick", "?quick", K::kFlag, "by sums: for large ledgers"}}, {}, "yun admin reconcile"},
      {"me", "", "who you are to the server", "GET", "/me", {}, {}, "yun admin me"},
      {"openapi", "", "the OpenAPI document of the API", "GET", "/openapi.json", {}, {},
       "yun admin openapi --output openapi.json", {}, false, true},
  };
}
// clang-format on

}  // namespace

const std::vector<AdminCommand>& AdminCommands() {
  static const std::vector<AdminCommand> commands = Make();
  return commands;
}

std::string_view AboutNoun(std::string_view noun) {
  constexpr std::pair<std::string_view, std::string_view> kAbout[] = {
      {"workspace", "the unit of rights and of cost"},
      {"account", "who pays"},
      {"member", "who belongs to a workspace, and as what"},
      {"person", "everybody who may sign in"},
      {"key", "API keys: make, change, rotate, revoke"},
      {"quota", "limits of rate"},
      {"price", "the price book"},
      {"budget", "the most that something may cost"},
      {"receipt", "what each request cost"},
      {"prompt", "requests and answers that a workspace keeps"},
      {"invoice", "invoices and credit notes"},
      {"billing", "what stands on all bills"},
      {"report", "the operator's view of the business"},
      {"partner", "who publishes models and apps with a share"},
      {"model", "models that are served, and their weights in memory"},
      {"adapter", "adapters (LoRA) of served models"},
      {"audit", "who did what, when, from where"}};
  for (const auto& [name, about] : kAbout)
    if (name == noun) return about;
  return "";
}

}  // namespace yun::cli
