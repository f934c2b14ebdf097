// The parser of native requests; the writer of native answers, whose frames must stay frames whatever a model says.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/dashscope/answer_writer.h"
#include "api/dashscope/parse.h"
#include "api/dashscope/tasks.h"
#include "api/dashscope/write.h"
#include "base/check.h"

namespace {

using namespace yun::api;

constexpr std::size_t kPieceBytes = 24;  // a frame may say again all that came before

/// Four lines and an empty one, again and again; all data is JSON.
void CheckFrames(std::string_view out) {
  for (int id = 1; !out.empty(); ++id) {
    const std::size_t end = out.find("\n\n");
    CHECK(end != std::string_view::npos);
    const std::string head = "id:" + std::to_string(id) + "\nevent:result\n:HTTP_STATUS/200\ndata:";
    CHECK(out.starts_with(head));
    const std::string_view data = out.substr(head.size(), end - head.size());
    CHECK(data.find('\n') == std::string_view::npos);
    (void)boost::json::parse(data);
    out.remove_prefix(end + 2);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto task = dashscope::ParseTaskRequest(body))
    CHECK(!task->model.empty() && dashscope::ParseTaskRequest(task->body).has_value());
  boost::json::parse_options deep;
  deep.max_depth = 64;
  (void)boost::json::parse(dashscope::WriteTask({.status = size % 2 ? "SUCCEEDED" : "FAILED", .answer = body}, "r"), {},
                           deep);
  for (const auto service : {dashscope::Service::kText, dashscope::Service::kMultimodal}) {
    if (const auto wish = dashscope::ParseGenerationRequest(body, service, false)) {
      const ChatRequest& chat = wish->chat;
      CHECK(!chat.model.empty() && !chat.messages.empty() && chat.n >= 1 && (chat.n == 1 || chat.tools.empty()));
      for (const auto& message : chat.messages) CHECK(message.at("content").is_string());
    } else {
      (void)boost::json::parse(dashscope::WriteError(wish.error(), "r"));
    }
  }
  std::string said(body);  // what a model says is valid UTF-8
  for (char& c : said) c = static_cast<char>(c & 0x7f);
  for (const bool incremental : {false, true}) {
    const auto writer = dashscope::MakeAnswerWriter(
        {.format = size % 2 ? dashscope::ResultFormat::kText : dashscope::ResultFormat::kMessage,
         .incremental = incremental,
         .with_logprobs = true});
    std::string out;
    std::uint32_t calls = 0;
    for (std::size_t i = 0; i < size && i < 64; ++i) {
      Piece piece{.part = static_cast<Part>(data[i] % 5), .text = said.substr(i, kPieceBytes)};
      if (piece.part == Part::kCallBegin) ++calls;
      if (piece.part == Part::kCallArguments && calls == 0) continue;
      piece.call = calls > 0 ? calls - 1 : 0;
      writer->Write(out, piece, {});
    }
    writer->EndChoice(out, 0, Finish::kStop, "", {});
    CheckFrames(out);
  }
  return 0;
}
