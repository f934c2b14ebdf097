// What a model says, as it comes, split into its thinking, its text and its tool calls.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "text/chat/tool_parameters.h"

namespace yun {

/// How a model was taught to write a tool call.
enum class ToolStyle {
  kNone,
  kHermes,  // <tool_call>{"name": ..., "arguments": {...}}</tool_call>: Qwen2.5, Qwen3
  kXml,     // <tool_call><function=...><parameter=...>...: Qwen3-Coder, Qwen3.5
};

/// From the model's own chat template.
ToolStyle ToolStyleOf(std::string_view template_source);

struct OutputFormat {
  ToolStyle tools = ToolStyle::kNone;  // kNone when the request has no tools: nothing is looked for
  boost::json::array tool_schemas;     // the request's `tools` in OpenAI's form; for kXml: types of parameters
  bool thinks_at_start = false;        // the prompt ends within <think>
  bool may_think = false;              // the answer may begin with <think>
  bool calls_end_thought = false;      // kXml alone: a call within <think> is one, as if </think> stood before it
};

enum class PieceKind { kThinking, kText, kCallBegin, kCallArguments, kCallEnd };

struct OutputPiece {
  PieceKind kind;
  std::uint32_t call = 0;  // of kCall...: counted from 0
  std::string text;        // kCallBegin: the tool's name; kCallArguments: JSON text, whole when all are joined
};

/// Reads one answer, byte after byte: where its pieces are cut changes only where the results are cut. Holds back what
/// may still become a mark, blanks that are dropped beside marks, and what no call can be begun without.
///
/// Thinking is what lies between <think> and </think>, without line ends at either side. Blanks beside a call are
/// dropped where they part nothing. A call of either style is read where one is looked for; its arguments are the
/// model's own bytes (JSON), or made of its parameters (XML). What turns out to be no call is given as text.
/// memory: at most kHeldBytesMax is held   thread: one at a time
class OutputReader {
 public:
  static constexpr std::size_t kHeldBytesMax = 1 << 20;  // longer, a call not yet begun is text; a parameter, a string
  static constexpr std::size_t kBlankBytesMax = 256;     // longer runs of blanks are given as they come
  static constexpr std::size_t kNameBytesMax = 256;      // of a tool or a parameter in XML; longer: none

  explicit OutputReader(OutputFormat format);

  /// Valid UTF-8 pieces of any size, in order. Adjacent pieces of one kind are joined.
  std::vector<OutputPiece> Push(std::string_view text);
  /// What was held back; an open call is closed as it is.
  std::vector<OutputPiece> Finish();

  /// Still within its thinking.
  bool thinking() const { return thinking_; }
  /// Begun so far.
  std::uint32_t calls() const { return calls_; }

 private:
  enum class State {
    kStart,          // may begin with <think>
    kThinkingBegin,  // line ends at the begin of the thinking
    kThinking,
    kThinkingEnd,  // line ends after </think>
    kText,
    kOpened,      // after <tool_call>
    kObjectKey,   // of a call in JSON: where a key or } may stand
    kObjectName,  // within a key
    kObjectColon,
    kObjectValue,   // before a value
    kInValue,       // within one
    kObjectComma,   // after one
    kFunctionName,  // within <function=...>
    kFunction,      // between parameters
    kParameterName,
    kParameter,  // within a parameter's value
    kClosed,     // after a call, </tool_call> may follow
  };
  enum class Key { kName, kArguments, kOther };
  enum class Writing { kString, kUnsure, kHeld };  // a parameter's value: as it comes, held while it may be null, held

  void Step(char c);
  bool Plain(char c);
  std::span<const std::string_view> Marks() const;
  void OnMark(std::string_view mark);

  bool Holding() const;
  void HoldCall(std::string_view begin);
  void GiveBack();
  void BeginCall();
  void EndCall();
  bool Broken();

  bool ObjectPlain(char c);
  void ObjectEnds();
  bool ValueBegins(char c);
  bool ValuePlain(char c);
  void PutValue(char c);
  void ValueEnds();

  void ParameterBegins();
  std::string ParameterBegin();
  void ParameterPlain(char c);
  void PutParameter(char c);
  void ParameterEnds();

  void Emit(PieceKind kind, std::string_view text);
  void EmitText(std::string_view text);
  void EmitThinking(std::string_view text);

  OutputFormat format_;
  State state_;
  bool thinking_;
  std::uint32_t calls_ = 0;
  std::vector<OutputPiece> out_;
  std::string mark_;           // begin of what may be a mark
  std::size_t line_ends_ = 0;  // of thinking, not yet given
  std::string blanks_;         // of text, not yet given
  bool text_given_ = false, after_call_ = false;

  // The call.
  std::string raw_;    // all of it, while it may still be none
  bool begun_ = false;  // its begin was given
  std::string name_, arguments_;
  // Its JSON.
  Key key_ = Key::kOther;
  std::string value_;  // a key, or a value that is held; of XML: a parameter's
  bool streamed_ = false, in_string_ = false, escaped_ = false;
  std::uint32_t depth_ = 0;
  // Its XML.
  std::string parameter_;
  std::uint32_t parameters_ = 0;
  JsonTypes types_ = 0;
  Writing writing_ = Writing::kString;
  bool value_begins_ = false, line_end_ = false;
};

}  // namespace yun
