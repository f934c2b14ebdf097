// Whatever a model says: where it is cut changes nothing, and nothing is invented.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "text/chat/output_reader.h"

namespace {

struct Reading {
  std::string thinking, text, calls;
  void Take(const std::vector<yun::OutputPiece>& pieces) {
    for (const auto& piece : pieces) {
      using yun::PieceKind;
      switch (piece.kind) {
        case PieceKind::kThinking: thinking += piece.text; break;
        case PieceKind::kText: text += piece.text; break;
        case PieceKind::kCallBegin: calls += "\xff" + std::to_string(piece.call) + "\xff" + piece.text + "\xff"; break;
        case PieceKind::kCallArguments: calls += piece.text; break;
        case PieceKind::kCallEnd: calls += '\xff'; break;
      }
    }
  }
};

/// step: bytes of a piece, and one more each time it comes round
Reading Read(const yun::OutputFormat& format, std::string_view output, std::size_t step) {
  yun::OutputReader reader(format);
  Reading reading;
  for (std::size_t at = 0, size = step; at < output.size(); at += size, size = size % (2 * step) + 1)
    reading.Take(reader.Push(output.substr(at, size)));
  reading.Take(reader.Finish());
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kTools = boost::json::parse(R"([{"function": {"name": "f", "parameters": {"properties": {
      "s": {"type": "string"}, "n": {"type": "integer"}, "m": {"type": ["string", "null"]}, "a": {}}}}}])").as_array();
  if (size < 2) return 0;
  // The first character chooses the style and the thinking ('0' to 'A'), the second the cuts.
  const int mode = static_cast<std::uint8_t>(data[0] - '0') % 18, thinks = mode / 3 % 3;
  const yun::OutputFormat format{static_cast<yun::ToolStyle>(mode % 3), kTools, thinks == 1, thinks == 2, mode >= 9};
  const std::string_view output(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Reading whole = Read(format, output, output.size() + 1);
  for (const std::size_t step : {std::size_t{1}, std::size_t{data[1]} % 32 + 2}) {
    const Reading cut = Read(format, output, step);
    CHECK(cut.thinking == whole.thinking && cut.text == whole.text && cut.calls == whole.calls);
  }
  CHECK(whole.thinking.size() + whole.text.size() <= output.size());
  if (format.tools == yun::ToolStyle::kNone) CHECK(whole.calls.empty());
  return 0;
}
