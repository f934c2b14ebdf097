#include "store/postgres.h"

#include <libpq-fe.h>

#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/log.h"
#include "store/backup.h"
#include "store/migrate.h"
#include "store/sqlite.h"
#include "store/statement_cache.h"

namespace yun::store {
namespace {

using std::chrono::steady_clock;

// The server sees that a killed owner is gone when it has ended that one's last statement.
constexpr auto kOwnerWaitMax = std::chrono::seconds(2);
constexpr auto kOwnerPoll = std::chrono::milliseconds(50);
// How long the fate of a commit whose answer was lost is asked for.
constexpr auto kFateWaitMax = std::chrono::seconds(5);
// After a connection was refused, no other try for so long: those who wait are told at once.
constexpr auto kReopenPause = std::chrono::seconds(1);

/// Object ids of types, from PostgreSQL's catalog/pg_type.dat: fixed since there are object ids.
enum Oid_ : Oid {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kFloat4 = 700,
  kFloat8 = 701,
  kNumeric = 1700
};

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, ClearResult>;

Code CodeOf(std::string_view state) {
  static constexpr std::pair<std::string_view, Code> kCodes[] = {
      // Whole states before their classes. source: PostgreSQL 15, appendix A
      {"23505", Code::kAlreadyExists},     // unique_violation
      {"22003", Code::kTooLarge},          // numeric_value_out_of_range
      {"54", Code::kTooLarge},             // program_limit_exceeded
      {"42501", Code::kPermissionDenied},  // insufficient_privilege
      {"57014", Code::kDeadline},          // query_canceled: a time limit of the server
      {"53100", Code::kDisk},              // disk_full
      {"53200", Code::kNoMemory},          // out_of_memory
      {"23", Code::kInvalidArgument},      // another constraint
      {"22", Code::kInvalidArgument},      // data exception
      {"28", Code::kPermissionDenied},     // authorization
      {"3D", Code::kNotFound},             // no such database
      {"08", Code::kUnavailable},          // connection
      {"53", Code::kUnavailable},          // too many connections
      {"57", Code::kUnavailable},          // shutting down, starting, terminated
      {"40", Code::kUnavailable},          // serialisation, deadlock
      {"55", Code::kUnavailable},          // a lock is not to be had
      {"58", Code::kDisk},                 // the server's files
      {"XX001", Code::kCorrupt},
      {"XX002", Code::kCorrupt},
  };
  for (const auto& [prefix, code] : kCodes) {
    if (state.starts_with(prefix)) return code;
  }
  return Code::kInternal;
}

std::string_view FirstLine(std::string_view text) { return text.substr(0, text.find('\n')); }

struct NumberedSql {
  std::string text;
  std::size_t parameters = 0;
};

/// `?` becomes $1, $2, ... outside of 'strings', "names" and comments.
NumberedSql WithNumberedParameters(std::string_view sql) {
  NumberedSql out;
  out.text.reserve(sql.size() + 16);
  const auto skip_to = [&](std::size_t from, std::string_view end) {
    const auto at = sql.find(end, from);
    return at == sql.npos ? sql.size() : at + end.size();
  };
  for (std::size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    std::size_t next = i + 1;
    if (c == '?') {
      out.text += "$" + std::to_string(++out.parameters);
    } else {
      if (c == '\'' || c == '"') next = skip_to(i + 1, sql.substr(i, 1));  // a doubled quote begins the next string
      if (sql.substr(i, 2) == "--") next = skip_to(i + 2, "\n");
      if (sql.substr(i, 2) == "/*") next = skip_to(i + 2, "*/");
      out.text.append(sql.substr(i, next - i));
    }
    i = next;
  }
  return out;
}

/// Values as libpq takes them, integers and doubles as 8 bytes with the highest first.
class Parameters {
 public:
  explicit Parameters(std::span<const Value> values)
      : words_(values.size()),
        types_(values.size()),
        pointers_(values.size()),
        lengths_(values.size()),
        formats_(values.size(), 1) {
    for (std::size_t i = 0; i < values.size(); ++i) Add(i, values[i]);
  }

  int count() const { return static_cast<int>(types_.size()); }
  const Oid* types() const { return types_.data(); }
  const char* const* values() const { return pointers_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void Add(std::size_t i, const Value& value) {
    const auto word = [&](std::uint64_t bits) {
      words_[i] = std::endian::native == std::endian::little ? __builtin_bswap64(bits) : bits;
      Point(i, {reinterpret_cast<const char*>(&words_[i]), sizeof bits});
    };
    if (const auto* n = std::get_if<std::int64_t>(&value)) {
      types_[i] = kInt8;
      word(static_cast<std::uint64_t>(*n));
    } else if (const auto* real = std::get_if<double>(&value)) {
      types_[i] = kFloat8;
      word(std::bit_cast<std::uint64_t>(*real));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      types_[i] = kText;
      Point(i, *text);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      types_[i] = kBytea;
      Point(i, blob->bytes);
    }  // else NULL: type 0, as the statement needs it
  }
  void Point(std::size_t i, std::string_view bytes) {
    pointers_[i] = bytes.data();
    lengths_[i] = static_cast<int>(bytes.size());
  }

  std::vector<std::uint64_t> words_;
  std::vector<Oid> types_;
  std::vector<const char*> pointers_;  // borrows: the values, words_
  std::vector<int> lengths_, formats_;
};

Result<std::string> Unhex(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return Fail(Code::kInternal, "PostgreSQL: bytes are not hex");
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 2; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return Fail(Code::kInternal, "PostgreSQL: bytes are not hex");
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

template <class T>
Result<Value> NumberOf(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return Fail(Code::kTooLarge, "a number does not fit in 64 bits");
  return Value(number);
}

Result<Value> ValueOf(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column)) return Value();
  const std::string_view text(PQgetvalue(result, row, column),
                              static_cast<std::size_t>(PQgetlength(result, row, column)));
  switch (PQftype(result, column)) {
    case kBool:
      return Value(std::int64_t{text == "t"});
    case kInt2:
    case kInt4:
    case kInt8:
      return NumberOf<std::int64_t>(text);
    case kFloat4:
    case kFloat8:
      return NumberOf<double>(text);
    case kNumeric:  // a sum of BIGINT, or their average
      return text.find('.') == text.npos ? NumberOf<std::int64_t>(text) : NumberOf<double>(text);
    case kBytea: {
      ASSIGN_OR_RETURN(auto bytes, Unhex(text));
      return Value(Blob{std::move(bytes)});
    }
    default:
      return Value(text);
  }
}

Result<Row> RowOf(const PGresult* result, int row) {
  const int columns = PQnfields(result);
  std::vector<Value> values;
  values.reserve(static_cast<std::size_t>(columns));
  for (int i = 0; i < columns; ++i) {
    ASSIGN_OR_RETURN(auto value, ValueOf(result, row, i));
    values.push_back(std::move(value));
  }
  return Row(std::move(values));
}

class PostgresSession final : public Session {
 public:
  PostgresSession(std::string url, Access access)
      : url_(std::move(url)), access_(access), statements_(kStatementsMax) {}

  /// Opens the connection, and takes the database for this process when it is the one that writes.
  Status Open() {
    if (steady_clock::now() < no_open_before_) return Lost("cannot be reached");
    Status status = OpenNow();
    if (!status) {
      connection_.reset();
      no_open_before_ = steady_clock::now() + kReopenPause;
    }
    return status;
  }

  Status Begin() override {
    savepoint_ = SavepointState::kNone;
    if (IsOpen()) {
      Status status = BeginNow();
      if (status || IsOpen()) return status;
      log::warn("{}: the connection was lost; opening another", name_);
    }
    RETURN_IF_ERROR(Open());
    return BeginNow();
  }

  Status Commit() override {
    const Answer answer = Send("COMMIT");
    if (!IsOpen()) return FateOfCommit();
    if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) {
      Status status = Failed(answer.get(), "COMMIT");
      Rollback();
      return status;
    }
    // A transaction in which something failed is rolled back by COMMIT, without an error.
    if (std::string_view(PQcmdStatus(answer.get())) != "COMMIT")
      return Fail(Code::kInternal, "{}: the transaction was rolled back instead of committed", name_);
    return {};
  }

  void Rollback() override {
    if (IsOpen() && PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) (void)Send("ROLLBACK");
  }

  Status Script(std::string_view sql) override {
    const Answer answer = Send(WithBlobType(sql, "BYTEA").c_str());
    return IsWell(answer.get()) ? Status() : Status(Failed(answer.get(), sql));
  }

  Status Each(const std::string& sql, const std::function<Status(const Row&)>& row) override {
    if (!IsOpen()) return Lost("is not there");
    if (PQsendQuery(connection_.get(), sql.c_str()) != 1 || PQsetSingleRowMode(connection_.get()) != 1)
      return Failed(nullptr, sql);
    Status status;
    while (const Answer answer{PQgetResult(connection_.get())}) {
      if (!status) continue;  // what is still on its way has to be read
      if (!IsWell(answer.get())) {
        status = Failed(answer.get(), sql);
      } else if (PQresultStatus(answer.get()) == PGRES_SINGLE_TUPLE) {
        auto values = RowOf(answer.get(), 0);
        status = values ? row(*values) : Status(tl::unexpected<Error>(values.error()));
      }
    }
    return status;
  }

  Result<std::vector<Table>> Tables() override {
    std::vector<Table> out;
    RETURN_IF_ERROR(
        Each("SELECT t.relname::text, a.attname::text FROM pg_class t JOIN pg_namespace n ON "
             "n.oid = t.relnamespace AND n.nspname = current_schema() JOIN pg_attribute a ON "
             "a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE t.relkind IN ('r', 'p') "
             "ORDER BY t.relname::text COLLATE \"C\", a.attnum",
             [&](const Row& row) -> Status {
               if (out.empty() || out.back().name != row.Text(0)) out.push_back({std::string(row.Text(0)), {}});
               out.back().columns.emplace_back(row.Text(1));
               return {};
             }));
    return out;
  }

  // PostgreSQL looks at foreign keys row by row; only those declared so can wait. So they go, and come back checked.
  Status SuspendForeignKeys() override {
    std::string drops;
    foreign_keys_.clear();
    RETURN_IF_ERROR(Each(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(c.oid) FROM "
        "pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace AND n.nspname = current_schema() "
        "WHERE c.contype = 'f' AND c.conparentid = 0",
        [&](const Row& row) -> Status {
          drops += fmt::format("ALTER TABLE {} DROP CONSTRAINT {};", row.Text(0), row.Text(1));
          foreign_keys_ += fmt::format("ALTER TABLE {} ADD CONSTRAINT {} {};", row.Text(0), row.Text(1), row.Text(2));
          return {};
        }));
    return Script(drops);
  }
  Status ResumeForeignKeys() override { return Script(foreign_keys_); }

 protected:
  Result<Outcome> Run(std::string_view sql, std::span<const Value> params) override {
    if (!IsOpen()) return Lost("is not there");
    const Parameters given(params);
    ASSIGN_OR_RETURN(const auto name, Prepared(sql, given));
    const Answer answer(PQexecPrepared(connection_.get(), name.c_str(), given.count(), given.values(), given.lengths(),
                                       given.formats(), 0));
    if (!IsWell(answer.get())) return Failed(answer.get(), sql);
    const auto rows = static_cast<std::size_t>(PQntuples(answer.get()));
    if (rows > kRowsMax) return Fail(Code::kTooLarge, "more than {} rows: {}", kRowsMax, sql);
    Outcome out;
    out.rows.reserve(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      auto row = RowOf(answer.get(), static_cast<int>(i));
      if (!row) return Wrap(std::move(row.error()), sql);
      out.rows.push_back(std::move(*row));
    }
    // Of a SELECT libpq counts the rows, too.
    const std::string_view changed = PQcmdTuples(answer.get());
    if (!std::string_view(PQcmdStatus(answer.get())).starts_with("SELECT"))
      std::from_chars(changed.data(), changed.data() + changed.size(), out.changed);
    return out;
  }

  Status Commands(std::initializer_list<const char*> all) override {
    std::string text;  // one way to the server for all
    for (const char* sql : all) text.append(sql).append(";");
    const Answer answer = Send(text.c_str());
    return IsWell(answer.get()) ? Status() : Status(Failed(answer.get(), text));
  }

 private:
  bool IsOpen() const { return connection_ != nullptr && PQstatus(connection_.get()) == CONNECTION_OK; }
  Answer Send(const char* sql) { return Answer(IsOpen() ? PQexec(connection_.get(), sql) : nullptr); }
  static bool IsWell(const PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE ||
           status == PGRES_EMPTY_QUERY;
  }

  Status OpenNow() {
    statements_.Clear();
    // Those before `dbname` give way to what the URL says, those after it do not.
    static constexpr std::array<std::pair<const char*, const char*>, 7> kBefore{{{"application_name", "yun"},
                                                                                 {"connect_timeout", "5"},
                                                                                 {"keepalives_idle", "10"},
                                                                                 {"keepalives_interval", "5"},
                                                                                 {"keepalives_count", "3"},
                                                                                 {"tcp_user_timeout", "15000"},
                                                                                 {"sslmode", "prefer"}}};
    std::vector<const char*> keywords, values;
    for (const auto& [keyword, value] : kBefore) {
      keywords.push_back(keyword);
      values.push_back(value);
    }
    keywords.insert(keywords.end(), {"dbname", "client_encoding", nullptr});
    values.insert(values.end(), {url_.c_str(), "UTF8", nullptr});
    connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
    if (connection_ == nullptr) return Fail(Code::kNoMemory, "PostgreSQL: no memory for a connection");
    name_ = fmt::format("PostgreSQL at {}", PQhost(connection_.get()) != nullptr ? PQhost(connection_.get()) : "?");
    if (!IsOpen()) {
      // There is no state here to tell a wrong name from a server that sleeps; the text tells people.
      return Fail(Code::kUnavailable, "{}: {}: does it run, does the database exist, and may this user use it?", name_,
                  FirstLine(PQerrorMessage(connection_.get())));
    }
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char* text) { log::debug("PostgreSQL: {}", FirstLine(text)); }, nullptr);
    RETURN_IF_ERROR(Script("SET standard_conforming_strings = on; SET bytea_output = hex; SET extra_float_digits = 1"));
    RETURN_IF_ERROR(CheckEncoding());
    return access_ == Access::kWrite ? TakeOwnership() : Status();
  }

  Status CheckEncoding() {
    const std::string_view encoding = PQparameterStatus(connection_.get(), "server_encoding");
    if (encoding == "UTF8") return {};
    return Fail(Code::kInvalidArgument,
                "{}: the database's encoding is {}: make one with UTF8 (createdb -E UTF8 -T template0)", name_,
                encoding);
  }

  /// A lock that the server keeps as long as this connection; one for each schema, so that a database can hold several.
  Status TakeOwnership() {
    const auto end = steady_clock::now() + kOwnerWaitMax;
    for (;;) {
      std::int64_t taken = 0;
      RETURN_IF_ERROR(Each("SELECT pg_try_advisory_lock(7959918, hashtext(current_schema()))",  // "yun"
                           [&](const Row& row) -> Status {
                             taken = row.Int(0);
                             return {};
                           }));
      if (taken == 1) return {};
      if (steady_clock::now() >= end) break;
      std::this_thread::sleep_for(kOwnerPoll);
    }
    return Fail(Code::kUnavailable,
                "{}: the database \"{}\" is in use by another yun: stop that one, or give this one "
                "another database",
                name_, PQdb(connection_.get()));
  }

  Status BeginNow() {
    if (access_ == Access::kRead) return Commands({"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"});
    // The number says, if the answer to COMMIT is lost, whether it was done.
    const Answer answer = Send("BEGIN; SELECT pg_current_xact_id()::text");
    if (!IsWell(answer.get())) return Failed(answer.get(), "BEGIN");
    transaction_ = PQgetvalue(answer.get(), 0, 0);
    return {};
  }

  /// The connection was lost while it committed: asks another one how it went.
  Status FateOfCommit() {
    const auto end = steady_clock::now() + kFateWaitMax;
    do {
      std::string fate;
      no_open_before_ = {};
      if (!IsOpen() && !Open()) {
        std::this_thread::sleep_for(kOwnerPoll);
        continue;
      }
      (void)Each(fmt::format("SELECT pg_xact_status('{}'::xid8)", transaction_), [&](const Row& row) -> Status {
        fate = row.Text(0);
        return {};
      });
      if (fate == "committed") return {};
      if (fate == "aborted") return Lost("was lost; nothing of this was stored");
      std::this_thread::sleep_for(kOwnerPoll);
    } while (steady_clock::now() < end);
    return Lost("was lost during a commit: this write may have been stored, or not; look before trying again");
  }

  /// The statement's name on this connection. Its types belong to it: NULL has none.
  Result<std::string> Prepared(std::string_view sql, const Parameters& given) {
    std::string key(sql);
    key += '\0';
    for (int i = 0; i < given.count(); ++i) {
      const Oid type = given.types()[i];
      key += type == kInt8 ? 'i' : type == kFloat8 ? 'r' : type == kText ? 't' : type == kBytea ? 'b' : '0';
    }
    if (const std::string* known = statements_.Find(key)) return *known;
    const NumberedSql numbered = WithNumberedParameters(sql);
    if (numbered.parameters != static_cast<std::size_t>(given.count()))
      return Fail(Code::kInternal, "{} values for {} parameters: {}", given.count(), numbered.parameters, sql);
    std::string name = fmt::format("s{}", ++statements_made_);
    const Answer answer(
        PQprepare(connection_.get(), name.c_str(), numbered.text.c_str(), given.count(), given.types()));
    if (!IsWell(answer.get())) return Failed(answer.get(), sql);
    if (const auto evicted = statements_.Add(std::move(key), name)) (void)Send(("DEALLOCATE " + *evicted).c_str());
    return name;
  }

  tl::unexpected<Error> Lost(std::string_view how) const {
    return tl::unexpected<Error>(Error{Code::kUnavailable, fmt::format("{}: the connection {}", name_, how), 1});
  }

  tl::unexpected<Error> Failed(const PGresult* result, std::string_view sql) const {
    if (!IsOpen()) return Lost("was lost; try again");
    const auto field = [&](int which) {
      const char* text = PQresultErrorField(result, which);
      return std::string_view(text == nullptr ? "" : text);
    };
    // Not the detail: it shows values.
    const Code code = CodeOf(field(PG_DIAG_SQLSTATE));
    const std::string_view message =
        result == nullptr ? FirstLine(PQerrorMessage(connection_.get())) : field(PG_DIAG_MESSAGE_PRIMARY);
    if (code == Code::kInternal) return Fail(code, "{}: {} in: {}", name_, message, sql);
    return Fail(code, "{}: {}", name_, message);
  }

  std::string url_;  // may hold a password: never in a message
  Access access_;
  std::string name_ = "PostgreSQL";
  std::unique_ptr<PGconn, CloseConnection> connection_;
  StatementCache<std::string> statements_;
  std::uint64_t statements_made_ = 0;
  steady_clock::time_point no_open_before_{};
  std::string transaction_;   // the number of the current one
  std::string foreign_keys_;  // that ResumeForeignKeys makes again
};

class PostgresBackend final : public Backend {
 public:
  explicit PostgresBackend(std::string url) : url_(std::move(url)) {}

  Result<std::unique_ptr<Session>> Connect(Access access) override {
    auto session = std::make_unique<PostgresSession>(url_, access);
    RETURN_IF_ERROR(session->Open());
    return session;
  }

  Status Backup(const std::string& path, const std::vector<Migration>& migrations) override {
    ASSIGN_OR_RETURN(auto from, Connect(Access::kRead));
    ASSIGN_OR_RETURN(auto to, OpenSqliteFile(path, Access::kWrite));
    RETURN_IF_ERROR(Migrate(*to, migrations));
    RETURN_IF_ERROR(from->Begin());
    RETURN_IF_ERROR(to->Begin());
    RETURN_IF_ERROR(CopyTables(*from, *to));
    return to->Commit();
  }

  const char* kind() const override { return "postgres"; }

 private:
  std::string url_;
};

}  // namespace

Result<std::unique_ptr<Backend>> OpenPostgres(const std::string& url) {
  char* why = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(url.c_str(), &why);
  if (parsed == nullptr) {
    PQfreemem(why);  // quotes the URL, which may hold a password
    return Fail(Code::kInvalidArgument,
                "the PostgreSQL address cannot be read: write it as "
                "postgres://user:password@host:5432/database");
  }
  PQconninfoFree(parsed);
  return std::make_unique<PostgresBackend>(url);
}

}  // namespace yun::store
