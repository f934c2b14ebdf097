// A value that does not print: no stream operator, no fmt formatter.
#pragma once
#include <utility>

namespace yun {
template <class T>
class Secret {
 public:
  Secret() = default;
  explicit Secret(T value) : value_(std::move(value)) {}
  /// The only way to the value: easy to search for.
  const T& Reveal() const { return value_; }

 private:
  T value_{};
};
}  // namespace yun
