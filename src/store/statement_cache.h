// Prepared statements by their text; the one that was not used for longest makes room for a new one.
#pragma once
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace yun::store {

/// thread: one at a time
template <class Statement>
class StatementCache {
 public:
  explicit StatementCache(std::size_t entries_max) : entries_max_(entries_max) {}

  /// Lives until the next Add or Clear.
  Statement* Find(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    latest_first_.splice(latest_first_.begin(), latest_first_, found->second);
    return &found->second->second;
  }

  /// Returns what had to go.
  std::optional<Statement> Add(std::string key, Statement statement) {
    std::optional<Statement> evicted;
    if (latest_first_.size() >= entries_max_) {
      by_key_.erase(latest_first_.back().first);
      evicted = std::move(latest_first_.back().second);
      latest_first_.pop_back();
    }
    latest_first_.emplace_front(std::move(key), std::move(statement));
    by_key_[latest_first_.front().first] = latest_first_.begin();
    return evicted;
  }

  void Clear() {
    by_key_.clear();
    latest_first_.clear();
  }

 private:
  using Entries = std::list<std::pair<std::string, Statement>>;
  std::size_t entries_max_;
  Entries latest_first_;
  std::unordered_map<std::string_view, typename Entries::iterator> by_key_;  // borrows: the keys in latest_first_
};

}  // namespace yun::store
