#include "cli/conversation.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <iterator>

namespace yun::cli {
namespace {

namespace json = boost::json;

constexpr std::uintmax_t kFileBytesMax = 64 << 20;
constexpr std::size_t kMessagesMax = 100000;

template <class T>
Result<T> Number(std::string_view name, std::string_view text, T from, T to) {
  T value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || !(value >= from && value <= to)) {
    return Fail(Code::kInvalidArgument, "{} must be a number from {} to {}, or \"default\"", name, from, to);
  }
  return value;
}

template <class T>
Status SetNumber(std::optional<T>& field, std::string_view name, std::string_view text, T from, T to) {
  if (text == "default") {
    field.reset();
    return {};
  }
  ASSIGN_OR_RETURN(field, Number<T>(name, text, from, to));
  return {};
}

template <class T>
std::string Show(const std::optional<T>& field) {
  return field ? fmt::format("{}", *field) : "default";
}

}  // namespace

json::array Conversation::ForModel() const {
  json::array out;
  if (!system.empty()) out.push_back(json::object{{"role", "system"}, {"content", system}});
  for (const auto& message : messages) out.push_back(message);
  return out;
}

bool Conversation::DropLastAnswer() {
  std::size_t questions = messages.size();
  while (questions > 0 && messages[questions - 1].at("role") != "user") --questions;
  if (questions == 0) return false;
  messages.resize(questions);
  return true;
}

Status Conversation::Set(std::string_view name, std::string_view value) {
  if (name == "temperature") return SetNumber(wish.temperature, name, value, 0.0, 100.0);
  if (name == "top_p") return SetNumber(wish.top_p, name, value, 0.01, 1.0);
  if (name == "top_k") return SetNumber(wish.top_k, name, value, 0, 1 << 20);
  if (name == "min_p") return SetNumber(wish.min_p, name, value, 0.0, 0.99);
  if (name == "repetition_penalty") return SetNumber(wish.repetition_penalty, name, value, 0.01, 100.0);
  if (name == "seed") return SetNumber(wish.seed, name, value, std::uint64_t{0}, UINT64_MAX);
  if (name == "max_tokens") {
    if (value == "default") {
      wish.max_tokens = 0;
      return {};
    }
    ASSIGN_OR_RETURN(wish.max_tokens, Number<std::uint32_t>(name, value, 0, 1u << 30));
    return {};
  }
  if (name == "think") {
    if (value != "on" && value != "off" && value != "default")
      return Fail(Code::kInvalidArgument, "think is on, off or default");
    wish.think = value == "default" ? std::nullopt : std::optional<bool>(value == "on");
    return {};
  }
  return Fail(
      Code::kInvalidArgument,
      "there is no setting \"{}\": temperature, top_p, top_k, min_p, repetition_penalty, seed, max_tokens, think",
      name);
}

std::string Conversation::Settings() const {
  return fmt::format(
      "temperature {}\ntop_p {}\ntop_k {}\nmin_p {}\nrepetition_penalty {}\nseed {}\nmax_tokens {}\nthink {}\n",
      Show(wish.temperature), Show(wish.top_p), Show(wish.top_k), Show(wish.min_p), Show(wish.repetition_penalty),
      Show(wish.seed), wish.max_tokens == 0 ? "default" : std::to_string(wish.max_tokens),
      !wish.think   ? "default"
      : *wish.think ? "on"
                    : "off");
}

Status Conversation::Save(const std::filesystem::path& path, std::string_view model) const {
  const std::string text = json::serialize(json::object{{"model", model}, {"messages", ForModel()}}) + "\n";
  // Beside it first, so that a full disk leaves an older file whole.
  std::filesystem::path part = path;
  part += ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code ec;
  if (out) std::filesystem::rename(part, path, ec);
  if (!out || ec) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    return Fail(Code::kDisk, "{}: cannot be written{}", path.string(), ec ? ": " + ec.message() : "");
  }
  return {};
}

Status Conversation::Load(const std::filesystem::path& path) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(path, ec);
  if (ec) return Fail(Code::kDisk, "{}: {}", path.string(), ec.message());
  if (size > kFileBytesMax) return Fail(Code::kTooLarge, "{}: more than {} bytes", path.string(), kFileBytesMax);
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return Fail(Code::kDisk, "{}: cannot be read", path.string());
  json::error_code json_error;
  json::value value = json::parse(text, json_error);
  if (json_error) return Fail(Code::kCorrupt, "{}: not JSON: {}", path.string(), json_error.message());
  const json::value* list = value.is_object() ? value.get_object().if_contains("messages") : &value;
  if (!list || !list->is_array() || list->get_array().size() > kMessagesMax) {
    return Fail(Code::kCorrupt, "{}: has no list of \"messages\"", path.string());
  }
  std::string new_system;
  json::array rest;
  for (const json::value& message : list->get_array()) {
    const json::object* object = message.if_object();
    const json::value* role = object ? object->if_contains("role") : nullptr;
    if (!role || !role->is_string())
      return Fail(Code::kCorrupt, "{}: message {} has no \"role\"", path.string(), rest.size() + 1);
    const json::value* content = object->if_contains("content");
    if (role->get_string() == "system" && rest.empty() && new_system.empty() && content && content->is_string()) {
      new_system = std::string(content->get_string());
    } else {
      rest.push_back(message);
    }
  }
  system = std::move(new_system);
  messages = std::move(rest);
  return {};
}

}  // namespace yun::cli
