#include "text/chat/client_text.h"

#include <algorithm>

namespace yun {
namespace {

// Noncharacters of Unicode, three bytes each: a mark, and what stands behind a character of the text's own like it.
constexpr std::string_view kMark = "\xEF\xB7\x90", kOwn = "\xEF\xB7\x91";  // U+FDD0, U+FDD1

constexpr std::string_view kReadByTemplates[] = {"<think>",      "</think>",        "<tool_call>",
                                                 "</tool_call>", "<tool_response>", "</tool_response>"};

bool IsBar(std::string_view token) { return token.size() > 4 && token.starts_with("<|") && token.ends_with("|>"); }

std::size_t CharacterBytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

std::vector<std::string> ControlTokens(const Tokenizer& tokenizer) {
  std::vector<std::string> out;
  for (TokenId id = 0; id < tokenizer.size(); ++id) {
    const std::string_view text = tokenizer.Bytes(id);
    if (!tokenizer.IsSpecial(id) && !IsBar(text)) continue;
    if (std::ranges::find(kReadByTemplates, text) == std::end(kReadByTemplates)) out.emplace_back(text);
  }
  return out;
}

ControlSpellings::ControlSpellings(std::span<const std::string> controls) {
  for (const std::string& control : controls) {
    // Some templates put < and > around a key of a tool's schema, so |...| alone is looked for.
    std::string_view text = control;
    if (IsBar(text)) text = text.substr(1, text.size() - 2);
    if (text.empty() || text.size() <= CharacterBytes(text[0])) continue;  // one character cannot be parted
    controls_.Add({.id = 0, .content = std::string(text)});
  }
}

bool ControlSpellings::IsWithin(const boost::json::value& value) const {
  if (const auto* text = value.if_string()) return IsIn(*text);
  if (const auto* array = value.if_array())
    return std::ranges::any_of(*array, [&](const auto& item) { return IsWithin(item); });
  if (const auto* object = value.if_object())
    return std::ranges::any_of(*object, [&](const auto& item) {
      return IsIn(item.key()) || IsWithin(item.value());
    });
  return false;
}

std::string ControlSpellings::Mark(std::string_view text) const {
  std::string out;
  out.reserve(text.size() + kMark.size());
  const auto append = [&](std::string_view part) {
    for (std::size_t at; (at = part.find(kMark)) != part.npos; part.remove_prefix(at + kMark.size()))
      out.append(part.substr(0, at)).append(kMark).append(kOwn);
    out += part;
  };
  std::size_t done = 0;
  for (std::size_t at = controls_.FindFrom(text, 0); at < text.size(); at = controls_.FindFrom(text, at + 1)) {
    const std::size_t seam = at + CharacterBytes(text[at]);
    append(text.substr(done, seam - done));
    out += kMark;
    done = seam;
  }
  append(text.substr(done));
  return out;
}

boost::json::value ControlSpellings::MarkWithin(const boost::json::value& value) const {
  if (const auto* text = value.if_string()) return boost::json::value(Mark(*text));
  if (const auto* array = value.if_array()) {
    boost::json::array out;
    for (const auto& item : *array) out.push_back(MarkWithin(item));
    return out;
  }
  if (const auto* object = value.if_object()) {
    boost::json::object out;
    for (const auto& item : *object) out[Mark(item.key())] = MarkWithin(item.value());
    return out;
  }
  return value;
}

PromptText ControlSpellings::Unmark(std::string_view marked) {
  PromptText out;
  out.text.reserve(marked.size());
  for (std::size_t at; (at = marked.find(kMark)) != marked.npos;) {
    out.text += marked.substr(0, at);
    marked.remove_prefix(at + kMark.size());
    if (marked.starts_with(kOwn)) {
      out.text += kMark;
      marked.remove_prefix(kOwn.size());
    } else {
      out.seams.push_back(out.text.size());
    }
  }
  out.text += marked;
  return out;
}

}  // namespace yun
