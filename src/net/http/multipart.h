// Bodies of type multipart/form-data (RFC 7578): how browsers and SDKs upload files.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::http {

inline constexpr std::size_t kFormPartsMax = 64;
inline constexpr std::size_t kPartHeadBytesMax = 4096;
inline constexpr std::size_t kBoundaryBytesMax = 70;  // RFC 2046

/// One field of a form.
struct FormPart {
  std::string name;
  std::string filename;      // empty: none was sent
  std::string content_type;  // empty: none was sent
  std::string_view bytes;    // borrows: of the body
};

/// Strict: every part is named, the last boundary is there, nothing stands outside of the parts.
/// errors: kInvalidArgument (says what is wrong, and in which part), kTooLarge (kFormPartsMax, kPartHeadBytesMax),
/// kUnsupported (parts within parts, encoded ones)
Result<std::vector<FormPart>> ParseForm(std::string_view content_type, std::string_view body);

}  // namespace yun::http
