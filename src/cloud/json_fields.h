// Typed reading of a JSON object that must have certain fields.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace yun::cloud {

/// Whatever is not there or of another type reads as empty and makes `good` false. borrows: both
class JsonFields {
 public:
  JsonFields(const boost::json::value& value, bool& good) : object_(value.if_object()), good_(good) {
    if (!object_) good_ = false;
  }

  std::string Text(std::string_view name) {
    const boost::json::value* value = Find(name);
    const boost::json::string* text = value ? value->if_string() : nullptr;
    if (!text) good_ = false;
    return text ? std::string(*text) : std::string();
  }
  std::int64_t Integer(std::string_view name) {
    const boost::json::value* value = Find(name);
    const std::int64_t* number = value ? value->if_int64() : nullptr;
    if (!number) good_ = false;
    return number ? *number : 0;
  }
  bool Boolean(std::string_view name) {
    const boost::json::value* value = Find(name);
    const bool* truth = value ? value->if_bool() : nullptr;
    if (!truth) good_ = false;
    return truth && *truth;
  }
  JsonFields Object(std::string_view name) {
    static const boost::json::value none;
    const boost::json::value* value = Find(name);
    return JsonFields(value ? *value : none, good_);
  }
  const boost::json::array* Array(std::string_view name) {
    const boost::json::value* value = Find(name);
    const boost::json::array* array = value ? value->if_array() : nullptr;
    if (!array) good_ = false;
    return array;
  }

 private:
  const boost::json::value* Find(std::string_view name) const { return object_ ? object_->if_contains(name) : nullptr; }
  const boost::json::object* object_;
  bool& good_;
};

}  // namespace yun::cloud
