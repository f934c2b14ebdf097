// The admin API: /admin/v1/... over all that the cloud keeps.
#pragma once
#include <string>
#include <string_view>

#include "server/admin/parts.h"

namespace yun::server::admin {

inline constexpr std::size_t kBodyBytesMax = 2u << 20;
inline constexpr std::size_t kIdempotencyKeyBytesMax = 255;

/// thread: any
class Admin {
 public:
  explicit Admin(Parts parts) : parts_(std::move(parts)) {}

  /// Answers one request whose path begins with kPrefix. May wait for the database: not for an I/O thread.
  /// `ip`: the client's, without port; `request_id` stands in errors.
  Reply Answer(const http::Request& request, std::string_view ip, bool over_tls, std::string_view request_id) const;

  const Parts& parts() const { return parts_; }

 private:
  Parts parts_;
};

}  // namespace yun::server::admin
