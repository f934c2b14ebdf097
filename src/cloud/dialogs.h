// What callers asked to be kept of their dialogs: responses by id, and conversations of items. Sealed at rest.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "cloud/clock.h"
#include "cloud/vault.h"

namespace yun::store {
class Database;
class Connection;
class Row;
}  // namespace yun::store

namespace yun::cloud {

inline constexpr std::int64_t kDialogKeptMs = 7 * kDayMs;         // as the hosted service
inline constexpr std::size_t kConversationItemsKept = 100;        // the newest
inline constexpr std::size_t kChainMax = 200;                     // responses that one can go on from
inline constexpr std::size_t kChainBytesMax = 32u << 20;          // of their texts together
inline constexpr std::size_t kPendingResponsesMax = 4096;         // on their way into the database
inline constexpr std::size_t kConversationsMax = 100'000;         // of a workspace

struct StoredResponse {
  std::string id, previous_id, model;
  std::string input, response;  // JSON: the request's items; the response object
};

struct Conversation {
  std::string id, metadata;  // JSON
  std::int64_t created_ms = 0;
};

struct ConversationItem {
  std::string id, body;  // JSON
};

/// thread: all methods from any thread
class Dialogs {
 public:
  Dialogs(store::Database& database, const Vault& vault, const Clock& clock)
      : database_(database), vault_(vault), clock_(clock) {}
  /// Waits for what is on its way.
  ~Dialogs();

  /// Found at once; in the database soon. errors: kTooMany (kPendingResponsesMax)
  Status Keep(std::string_view workspace_id, StoredResponse response);
  /// errors: kNotFound (also of another workspace, or too old), kDisk, kCorrupt
  Result<StoredResponse> Find(std::string_view workspace_id, std::string_view id);
  /// The response and those before it that it went on from, the oldest first. errors: as Find; kTooLarge
  Result<std::vector<StoredResponse>> Chain(std::string_view workspace_id, std::string_view id);
  Status Remove(std::string_view workspace_id, std::string_view id);

  /// errors: kTooMany (kConversationsMax)
  Result<Conversation> MakeConversation(std::string_view workspace_id, std::string_view metadata);
  Result<Conversation> FindConversation(std::string_view workspace_id, std::string_view id);
  Status SetMetadata(std::string_view workspace_id, std::string_view id, std::string_view metadata);
  Status RemoveConversation(std::string_view workspace_id, std::string_view id);
  /// At the end, in order; the oldest beyond kConversationItemsKept go. errors: kNotFound
  Status AddItems(std::string_view workspace_id, std::string_view conversation_id,
                  const std::vector<ConversationItem>& items);
  /// In order. errors: kNotFound
  Result<std::vector<ConversationItem>> Items(std::string_view workspace_id, std::string_view conversation_id);
  Status RemoveItem(std::string_view workspace_id, std::string_view conversation_id, std::string_view item_id);

  /// Removes what is older than kDialogKeptMs. Done by itself now and then.
  Status Sweep();

 private:
  struct Pending {
    std::string workspace_id;
    StoredResponse response;
  };
  void SweepSometimes();
  Result<StoredResponse> Load(std::string_view workspace_id, std::string_view id);
  Status Touch(store::Connection& connection, std::string_view workspace_id, std::string_view conversation_id) const;

  store::Database& database_;  // borrows:
  const Vault& vault_;         // borrows:
  const Clock& clock_;         // borrows:
  Guarded<std::map<std::string, Pending, std::less<>>> pending_;
  std::atomic<std::int64_t> next_sweep_ns_{0};  // of Clock::steady_ns
};

}  // namespace yun::cloud
