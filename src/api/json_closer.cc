#include "api/json_closer.h"

#include <cctype>

namespace yun::api {

void JsonCloser::Push(std::string_view text) {
  for (const char c : text) {
    if (string_) InString(c);
    else Take(c);
  }
}

void JsonCloser::InString(char c) {
  if (hex_left_ > 0) {
    --hex_left_;
  } else if (escaped_) {
    escaped_ = false;
    if (c == 'u') hex_left_ = 4;
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    string_ = false;
    if (key_) place_ = Place::kColon;
    else EndValue();
  }
}

void JsonCloser::EndValue() { place_ = Place::kAfter; }

void JsonCloser::Take(char c) {
  if (!literal_.empty()) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '+') {
      literal_ += c;
      return;
    }
    literal_.clear();
    EndValue();
  }
  switch (c) {
    case '{':
      open_ += c;
      place_ = Place::kKeyOrEnd;
      return;
    case '[':
      open_ += c;
      place_ = Place::kValueOrEnd;
      return;
    case '}':
    case ']':
      if (!open_.empty()) open_.pop_back();
      return EndValue();
    case '"':
      string_ = true;
      key_ = place_ == Place::kKey || place_ == Place::kKeyOrEnd;
      return;
    case ':':
      place_ = Place::kValue;
      return;
    case ',':
      place_ = !open_.empty() && open_.back() == '{' ? Place::kKey : Place::kValue;
      return;
    case ' ':
    case '\t':
    case '\n':
    case '\r':
      return;
    default:
      literal_ = c;
  }
}

std::string JsonCloser::Closing() const {
  std::string out;
  Place place = place_;
  if (string_) {
    if (hex_left_ > 0) out.append(static_cast<std::size_t>(hex_left_), '0');
    else if (escaped_) out += '\\';
    out += '"';
    place = key_ ? Place::kColon : Place::kAfter;
  } else if (!literal_.empty()) {
    place = Place::kAfter;
    for (const std::string_view word : {"true", "false", "null"})
      if (word.starts_with(literal_)) out += word.substr(literal_.size());
    if (std::string_view("-+.eE").find(literal_.back()) != std::string_view::npos && literal_ != "true" &&
        literal_ != "false")
      out = "0";
  }
  if (place == Place::kKey) out += "\"\":null";
  if (place == Place::kColon) out += ":null";
  if (place == Place::kValue) out += open_.empty() ? "{}" : "null";
  for (auto bracket = open_.rbegin(); bracket != open_.rend(); ++bracket) out += *bracket == '{' ? '}' : ']';
  return out;
}

}  // namespace yun::api
