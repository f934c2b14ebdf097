#include "net/http/multipart.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "net/http/url_text.h"

namespace yun::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// "form-data; name="a"; filename="b"": the first word in small letters, then the parameters.
struct HeaderValue {
  std::string word;
  std::vector<std::pair<std::string, std::string>> parameters;

  const std::string* Find(std::string_view name) const {
    for (const auto& [key, value] : parameters)
      if (key == name) return &value;
    return nullptr;
  }
};

std::optional<HeaderValue> ParseValue(std::string_view text) {
  HeaderValue out;
  std::size_t end = std::min(text.find(';'), text.size());
  out.word = LowerAscii(Trim(text.substr(0, end)));
  text.remove_prefix(end);
  while (!text.empty()) {
    text.remove_prefix(1);  // ';'
    const std::size_t equals = text.find('=');
    if (Trim(text).empty()) return out;  // a ';' at the end
    if (equals == text.npos) return {};
    std::string name = LowerAscii(Trim(text.substr(0, equals)));
    if (name.empty() || name.find_first_of(" \t;\"") != name.npos || out.Find(name)) return {};
    text.remove_prefix(equals + 1);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    std::string value;
    if (text.starts_with('"')) {
      std::size_t i = 1;
      for (; i < text.size() && text[i] != '"'; ++i) {
        // Browsers write a backslash as it is and a quote as %22; others escape both.
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
        value += text[i];
      }
      if (i >= text.size()) return {};  // the closing quote is missing
      text.remove_prefix(i + 1);
      text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
      if (!text.empty() && text[0] != ';') return {};
    } else {
      end = std::min(text.find(';'), text.size());
      value = Trim(text.substr(0, end));
      text.remove_prefix(end);
    }
    out.parameters.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

Result<std::string> BoundaryOf(std::string_view content_type) {
  const auto value = ParseValue(content_type);
  if (!value || value->word != "multipart/form-data")
    return Fail(Code::kInvalidArgument, "a body of type multipart/form-data is needed");
  const std::string* boundary = value->Find("boundary");
  if (!boundary) return Fail(Code::kInvalidArgument, "the header Content-Type has no boundary");
  const bool good = !boundary->empty() && boundary->size() <= kBoundaryBytesMax && boundary->back() != ' ' &&
                    std::ranges::all_of(*boundary, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!good)
    return Fail(Code::kInvalidArgument, "the boundary of Content-Type must be 1 to {} printable ASCII characters",
                kBoundaryBytesMax);
  return *boundary;
}

/// name and filename. `number`: of the part, from 1, for errors
Status ReadHead(std::string_view head, std::size_t number, FormPart& part) {
  const auto wrong = [&](std::string_view what) {
    return Fail(Code::kInvalidArgument, "part {} of the form: {}", number, what);
  };
  bool disposed = false;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find(kLineEnd), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + kLineEnd.size(), head.size()));
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) return wrong("a line of its head is no 'Name: value'");
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos) return wrong("a stray control character");
    const std::string name = LowerAscii(line.substr(0, colon));
    const std::string_view text = Trim(line.substr(colon + 1));
    if (name == "content-disposition") {
      const auto value = ParseValue(text);
      if (disposed || !value || value->word != "form-data")
        return wrong("one header 'Content-Disposition: form-data; name=...' is needed");
      disposed = true;
      const std::string* field = value->Find("name");
      if (!field || field->empty()) return wrong("its Content-Disposition has no name");
      part.name = *field;
      if (const std::string* file = value->Find("filename")) part.filename = *file;
      // RFC 5987, what some clients write for names that are not ASCII: utf-8''a%20b
      if (const std::string* file = value->Find("filename*")) {
        const std::size_t at = file->find('\'');
        const std::size_t rest = at == file->npos ? at : file->find('\'', at + 1);
        if (rest == file->npos || LowerAscii(file->substr(0, at)) != "utf-8") return wrong("filename* is not UTF-8");
        auto decoded = PercentDecode(std::string_view(*file).substr(rest + 1));
        if (!decoded) return wrong("its filename* is not percent-encoded");
        part.filename = std::move(*decoded);
      }
    } else if (name == "content-type") {
      part.content_type = text;
      if (LowerAscii(text).starts_with("multipart/"))
        return Fail(Code::kUnsupported, "part {} of the form has parts itself; send each file as a part of its own",
                    number);
    } else if (name == "content-transfer-encoding") {
      const std::string how = LowerAscii(text);
      if (how != "binary" && how != "8bit" && how != "7bit")
        return Fail(Code::kUnsupported, "part {} of the form is encoded; send its bytes as they are", number);
    }
  }
  if (!disposed) return wrong("it has no header Content-Disposition");
  return {};
}

}  // namespace

Result<std::vector<FormPart>> ParseForm(std::string_view content_type, std::string_view body) {
  ASSIGN_OR_RETURN(const std::string boundary, BoundaryOf(content_type));
  const std::string line = "--" + boundary, delimiter = std::string(kLineEnd) + line;
  if (body.starts_with(kLineEnd)) body.remove_prefix(kLineEnd.size());
  if (!body.starts_with(line))
    return Fail(Code::kInvalidArgument, "the form does not begin with the boundary that Content-Type names");
  body.remove_prefix(line.size());
  std::vector<FormPart> parts;
  for (;;) {
    if (body.starts_with("--")) {
      if (body.find_first_not_of(" \t\r\n", 2) != body.npos)
        return Fail(Code::kInvalidArgument, "something follows the form's last boundary");
      return parts;
    }
    body.remove_prefix(std::min(body.find_first_not_of(" \t"), body.size()));
    const std::size_t number = parts.size() + 1;
    if (body.empty())
      return Fail(Code::kInvalidArgument, "the form ends within part {}; its last boundary is missing", number);
    if (!body.starts_with(kLineEnd))
      return Fail(Code::kInvalidArgument, "the form's boundary before part {} does not end its line", number);
    if (number > kFormPartsMax) return Fail(Code::kTooLarge, "the form has more than {} parts", kFormPartsMax);
    // From the line end before it, so that an empty head ends at once.
    const std::size_t head_end = body.substr(0, kPartHeadBytesMax + 4).find("\r\n\r\n");
    if (head_end == body.npos) {
      if (body.size() > kPartHeadBytesMax)
        return Fail(Code::kTooLarge, "the head of part {} has more than {} bytes", number, kPartHeadBytesMax);
      return Fail(Code::kInvalidArgument, "the form ends within part {}; its last boundary is missing", number);
    }
    FormPart& part = parts.emplace_back();
    if (head_end > 0)
      RETURN_IF_ERROR(ReadHead(body.substr(kLineEnd.size(), head_end - kLineEnd.size()), number, part));
    else
      return Fail(Code::kInvalidArgument, "part {} of the form: it has no header Content-Disposition", number);
    body.remove_prefix(head_end + kLineEnd.size());  // the second line end stands before the bytes, or the boundary
    const std::size_t end = body.find(delimiter);
    if (end == body.npos)
      return Fail(Code::kInvalidArgument, "the form ends within part {}; its last boundary is missing", number);
    part.bytes = end < kLineEnd.size() ? std::string_view() : body.substr(kLineEnd.size(), end - kLineEnd.size());
    body.remove_prefix(end + delimiter.size());
  }
}

}  // namespace yun::http
