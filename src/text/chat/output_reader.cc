#include "text/chat/output_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace yun {
namespace {

constexpr std::string_view kThink = "<think>", kThinkEnd = "</think>", kCall = "<tool_call>", kCallEnd = "</tool_call>",
                           kFunction = "<function=", kFunctionEnd = "</function>", kParameter = "<parameter=",
                           kParameterEnd = "</parameter>";

// What is looked for in each place. A mark has one <, at its begin, so what breaks off can hide no other.
constexpr std::string_view kAtStart[] = {kThink};
constexpr std::string_view kAtThinkingBegin[] = {kThink, kThinkEnd, kCall};
constexpr std::string_view kInThinking[] = {kThinkEnd, kCall};
constexpr std::string_view kInText[] = {kCall, kFunction};
constexpr std::string_view kAfterOpening[] = {kFunction};
constexpr std::string_view kInFunction[] = {kParameter, kFunctionEnd, kCallEnd, kCall, kFunction};
constexpr std::string_view kInParameter[] = {kParameterEnd, kParameter, kFunctionEnd, kCallEnd};
constexpr std::string_view kAfterCall[] = {kCallEnd, kCall, kFunction};

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20; }
/// Of a number, or of true, false and null.
bool IsWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.';
}

std::optional<std::string> StringOf(std::string_view literal) {
  boost::json::error_code ec;
  const auto value = boost::json::parse(literal, ec);
  if (ec || !value.is_string()) return {};
  return std::string(value.get_string());
}

bool IsObject(std::string_view text) {
  boost::json::error_code ec;
  const auto value = boost::json::parse(text, ec);
  return !ec && value.is_object();
}

}  // namespace

ToolStyle ToolStyleOf(std::string_view template_source) {
  if (template_source.find(kFunction) != template_source.npos) return ToolStyle::kXml;
  if (template_source.find(kCall) != template_source.npos) return ToolStyle::kHermes;
  return ToolStyle::kNone;
}

OutputReader::OutputReader(OutputFormat format) : format_(std::move(format)), thinking_(format_.thinks_at_start) {
  format_.calls_end_thought &= format_.tools == ToolStyle::kXml;
  state_ = format_.thinks_at_start ? State::kThinkingBegin : format_.may_think ? State::kStart : State::kText;
}

std::vector<OutputPiece> OutputReader::Push(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (state_ == State::kText && format_.tools == ToolStyle::kNone) {
      EmitText(text.substr(i));
      break;
    }
    Step(text[i]);
  }
  return std::exchange(out_, {});
}

std::vector<OutputPiece> OutputReader::Finish() {
  if (Holding() || state_ == State::kStart) GiveBack();
  switch (state_) {
    case State::kThinkingBegin:
    case State::kThinking:
      EmitThinking(mark_);
      Emit(PieceKind::kThinking, std::string(std::exchange(line_ends_, 0), '\n'));
      break;
    case State::kThinkingEnd:
    case State::kText:
    case State::kClosed:
      EmitText(mark_);
      if (!after_call_) Emit(PieceKind::kText, blanks_);
      break;
    case State::kParameter:
      if (writing_ != Writing::kString) Emit(PieceKind::kCallArguments, ParameterBegin() + value_);
      [[fallthrough]];
    default: EndCall();
  }
  mark_.clear();
  blanks_.clear();
  state_ = State::kText;
  return std::exchange(out_, {});
}

void OutputReader::Step(char c) {
  for (;;) {
    if (!mark_.empty() || c == '<') {
      mark_ += c;
      const auto marks = Marks();
      const auto mark = std::find_if(marks.begin(), marks.end(), [&](auto m) { return m.starts_with(mark_); });
      if (mark != marks.end()) {
        if (mark_.size() < mark->size()) return;
        mark_.clear();
        return OnMark(*mark);
      }
      mark_.pop_back();
    }
    if (!mark_.empty()) {
      // Only the < can change what is looked for; then all of it is looked at anew.
      const std::string broken = std::exchange(mark_, {});
      if (!Plain(broken[0])) Step(broken[0]);
      for (const char held : broken.substr(1)) Step(held);
      continue;
    }
    if (Plain(c)) return;
  }
}

std::span<const std::string_view> OutputReader::Marks() const {
  switch (state_) {
    case State::kStart: return kAtStart;
    case State::kThinkingBegin: return std::span(kAtThinkingBegin).first(format_.calls_end_thought ? 3 : 2);
    case State::kThinking: return std::span(kInThinking).first(format_.calls_end_thought ? 2 : 1);
    case State::kText:
      return std::span(kInText).first(format_.tools == ToolStyle::kXml ? 2 : format_.tools == ToolStyle::kHermes);
    case State::kOpened: return kAfterOpening;
    case State::kFunction: return kInFunction;
    case State::kParameter: return kInParameter;
    case State::kClosed: return std::span(kAfterCall).first(format_.tools == ToolStyle::kXml ? 3 : 2);
    default: return {};
  }
}

void OutputReader::OnMark(std::string_view mark) {
  switch (state_) {
    case State::kStart:
      raw_.clear();
      thinking_ = true;
      state_ = State::kThinkingBegin;
      return;
    case State::kThinkingBegin:
    case State::kThinking:
      if (mark == kCall) return HoldCall(mark);
      if (mark == kThink) return;  // said again after a prompt that ends with it
      line_ends_ = 0;
      thinking_ = false;
      state_ = State::kThinkingEnd;
      return;
    case State::kOpened:
      raw_ += mark;
      state_ = State::kFunctionName;
      return;
    case State::kParameter:
      ParameterEnds();
      if (mark != kParameterEnd) OnMark(mark);
      return;
    case State::kFunction:
      if (mark == kParameter) {
        parameter_.clear();
        state_ = State::kParameterName;
        return;
      }
      Emit(PieceKind::kCallArguments, "}");
      EndCall();
      if (mark == kFunctionEnd) return;
      [[fallthrough]];
    default:  // kClosed, kText
      if (mark != kCallEnd) return HoldCall(mark);
      blanks_.clear();
      state_ = State::kText;
  }
}

/// Takes a byte that is of no mark. False: it changed the state and is to be looked at again.
bool OutputReader::Plain(char c) {
  if (Holding()) {
    raw_ += c;
    if (raw_.size() > kHeldBytesMax) {
      GiveBack();
      return true;
    }
  }
  switch (state_) {
    case State::kStart:
      if (IsBlank(c) && raw_.size() < kBlankBytesMax) {
        raw_ += c;
        return true;
      }
      GiveBack();
      return false;
    case State::kThinkingBegin:
      if (c == '\n') return true;
      state_ = State::kThinking;
      return false;
    case State::kThinking: EmitThinking({&c, 1}); return true;
    case State::kThinkingEnd:
      if (c == '\n') return true;
      state_ = State::kText;
      return false;
    case State::kText: EmitText({&c, 1}); return true;
    case State::kOpened:
      if (IsBlank(c)) return true;
      if (c != '{' || thinking_) return Broken();
      state_ = State::kObjectKey;
      return true;
    case State::kFunctionName:
      if (c == '>' && !name_.empty()) {
        BeginCall();
        Emit(PieceKind::kCallArguments, "{");
        parameters_ = 0;
        state_ = State::kFunction;
        return true;
      }
      if (IsControl(c) || name_.size() == kNameBytesMax || std::string_view(" <>\"").find(c) != std::string_view::npos)
        return Broken();
      name_ += c;
      return true;
    case State::kFunction: return true;  // nothing is between parameters
    case State::kParameterName:
      if (c == '>' && !parameter_.empty()) {
        ParameterBegins();
        return true;
      }
      if (c == '<' || c == '>' || c == '\n' || parameter_.size() == kNameBytesMax) {
        state_ = State::kFunction;
        return false;
      }
      parameter_ += c;
      return true;
    case State::kParameter: ParameterPlain(c); return true;
    case State::kClosed:
      if (c == '}') return true;  // models write one too many
      if (IsBlank(c)) {
        EmitText({&c, 1});
        return true;
      }
      state_ = State::kText;
      return false;
    default: return ObjectPlain(c);
  }
}

bool OutputReader::ObjectPlain(char c) {
  if (IsBlank(c) && state_ != State::kObjectName && state_ != State::kInValue) return true;
  switch (state_) {
    case State::kObjectKey:
      if (c == '}') {
        ObjectEnds();
        return true;
      }
      if (c != '"') return Broken();
      value_ = c;
      escaped_ = false;
      state_ = State::kObjectName;
      return true;
    case State::kObjectName: {
      if (IsControl(c)) return Broken();
      value_ += c;
      if (escaped_ || c != '"') {
        escaped_ = !escaped_ && c == '\\';
        return true;
      }
      const auto key = StringOf(value_);
      key_ = key == "name"                              ? Key::kName
             : key == "arguments" || key == "parameters" ? Key::kArguments
                                                         : Key::kOther;
      state_ = State::kObjectColon;
      return true;
    }
    case State::kObjectColon:
      if (c != ':') return Broken();
      state_ = State::kObjectValue;
      return true;
    case State::kObjectValue: return ValueBegins(c);
    case State::kInValue: return ValuePlain(c);
    default:  // kObjectComma
      if (c == '}') {
        ObjectEnds();
        return true;
      }
      if (c != ',') return Broken();
      state_ = State::kObjectKey;
      return true;
  }
}

bool OutputReader::ValueBegins(char c) {
  in_string_ = c == '"';
  escaped_ = streamed_ = false;
  depth_ = c == '{' || c == '[';
  if (!in_string_ && depth_ == 0 && !IsWord(c)) return Broken();
  value_.clear();
  state_ = State::kInValue;
  if (key_ == Key::kArguments && c == '{' && !begun_ && !name_.empty()) {
    BeginCall();
    streamed_ = true;
  }
  PutValue(c);
  return true;
}

bool OutputReader::ValuePlain(char c) {
  if (in_string_) {
    if (IsControl(c) && key_ == Key::kName) return Broken();
    PutValue(c);
    if (escaped_ || c != '"') {
      escaped_ = !escaped_ && c == '\\';
      return true;
    }
    in_string_ = false;
  } else if (depth_ == 0) {
    if (IsWord(c)) {
      PutValue(c);
      return true;
    }
    if (!begun_) raw_.pop_back();
    ValueEnds();
    return false;
  } else {
    if (c == '<') return Broken();
    PutValue(c);
    in_string_ = c == '"';
    if (c == '{' || c == '[') ++depth_;
    if (c == '}' || c == ']') --depth_;
    if (in_string_) return true;
  }
  if (depth_ == 0) ValueEnds();
  return true;
}

void OutputReader::PutValue(char c) {
  if (streamed_) {
    Emit(PieceKind::kCallArguments, {&c, 1});
  } else if (!begun_ && key_ != Key::kOther) {
    value_ += c;
  }
}

void OutputReader::ValueEnds() {
  state_ = State::kObjectComma;
  if (begun_ || key_ == Key::kOther) return;
  const auto text = value_[0] == '"' ? StringOf(value_) : std::nullopt;
  if (key_ == Key::kName) {
    if (!text || text->empty()) return GiveBack();
    name_ = *text;
  } else if (value_[0] == '{') {
    arguments_ = std::move(value_);
  } else if (value_ == "null") {
    arguments_ = "{}";
  } else if (text && IsObject(*text)) {  // JSON within JSON, as in OpenAI's API
    arguments_ = *text;
  } else {
    return GiveBack();
  }
  if (name_.empty() || arguments_.empty()) return;
  BeginCall();
  Emit(PieceKind::kCallArguments, arguments_);
}

void OutputReader::ObjectEnds() {
  if (!begun_) {
    if (name_.empty()) return GiveBack();
    BeginCall();
    Emit(PieceKind::kCallArguments, "{}");
  }
  EndCall();
}

/// What is no JSON here ends a call that was begun; before, there is no call.
bool OutputReader::Broken() {
  if (begun_) {
    EndCall();
  } else {
    raw_.pop_back();
    GiveBack();
  }
  return false;
}

void OutputReader::ParameterBegins() {
  types_ = ParameterTypes(format_.tool_schemas, name_, parameter_);
  writing_ = types_ == kJsonString                 ? Writing::kString
             : types_ == (kJsonString | kJsonNull) ? Writing::kUnsure
                                                   : Writing::kHeld;
  value_.clear();
  value_begins_ = true;
  line_end_ = false;
  state_ = State::kParameter;
  if (writing_ == Writing::kString) Emit(PieceKind::kCallArguments, ParameterBegin() + '"');
}

/// What stands before the value.
std::string OutputReader::ParameterBegin() {
  std::string text = parameters_++ == 0 ? "\"" : ", \"";
  AppendJsonEscaped(text, parameter_);
  return text + "\": ";
}

/// The first and the last line end of a value are not its own.
void OutputReader::ParameterPlain(char c) {
  if (std::exchange(value_begins_, false) && c == '\n') return;
  if (std::exchange(line_end_, c == '\n')) PutParameter('\n');
  if (c != '\n') PutParameter(c);
}

void OutputReader::PutParameter(char c) {
  value_ += c;
  if (writing_ == Writing::kUnsure && (std::string_view("null").starts_with(value_) ||
                                       std::string_view("None").starts_with(value_))) {
    return;
  }
  if (writing_ == Writing::kHeld && value_.size() <= kHeldBytesMax) return;
  std::string text;
  if (std::exchange(writing_, Writing::kString) != Writing::kString) text = ParameterBegin() + '"';
  AppendJsonEscaped(text, value_);
  value_.clear();
  Emit(PieceKind::kCallArguments, text);
}

void OutputReader::ParameterEnds() {
  state_ = State::kFunction;
  std::string text = "\"";
  if (writing_ != Writing::kString) {
    text = ParameterBegin();
    if (const auto literal = JsonLiteral(value_, types_)) {
      text += *literal;
    } else {
      text += '"';
      AppendJsonEscaped(text, value_);
      text += '"';
    }
  }
  Emit(PieceKind::kCallArguments, text);
}

void OutputReader::Emit(PieceKind kind, std::string_view text) {
  const bool of_call = kind != PieceKind::kThinking && kind != PieceKind::kText;
  const bool joins = kind != PieceKind::kCallBegin && kind != PieceKind::kCallEnd;
  if (joins && text.empty()) return;
  if (joins && !out_.empty() && out_.back().kind == kind) {
    out_.back().text += text;
  } else {
    out_.push_back({kind, of_call ? calls_ - 1 : 0, std::string(text)});
  }
}

void OutputReader::EmitText(std::string_view text) {
  if (format_.tools == ToolStyle::kNone) return Emit(PieceKind::kText, text);
  for (const char c : text) {
    if (!IsBlank(c) || (blanks_.size() == kBlankBytesMax && !after_call_)) {
      if (!after_call_ || text_given_) Emit(PieceKind::kText, blanks_);
      blanks_.clear();
    }
    if (IsBlank(c)) {
      if (blanks_.size() < kBlankBytesMax) blanks_ += c;
      continue;
    }
    Emit(PieceKind::kText, {&c, 1});
    text_given_ = true;
    after_call_ = false;
  }
}

void OutputReader::EmitThinking(std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      ++line_ends_;
      continue;
    }
    if (line_ends_ > 0) Emit(PieceKind::kThinking, std::string(std::exchange(line_ends_, 0), '\n'));
    Emit(PieceKind::kThinking, {&c, 1});
  }
}

/// Whether what comes is of a call not yet certain.
bool OutputReader::Holding() const {
  return state_ >= State::kOpened && state_ <= State::kFunctionName && !begun_;
}

void OutputReader::HoldCall(std::string_view begin) {
  raw_ = begin;
  name_.clear();
  arguments_.clear();
  begun_ = false;
  state_ = begin == kCall ? State::kOpened : State::kFunctionName;
}

/// It was no call.
void OutputReader::GiveBack() {
  const std::string text = std::exchange(raw_, {});
  state_ = thinking_ ? State::kThinking : State::kText;
  thinking_ ? EmitThinking(text) : EmitText(text);
}

void OutputReader::BeginCall() {
  raw_.clear();
  blanks_.clear();
  line_ends_ = 0;
  thinking_ = false;
  begun_ = true;
  ++calls_;
  Emit(PieceKind::kCallBegin, name_);
}

void OutputReader::EndCall() {
  Emit(PieceKind::kCallEnd, "");
  after_call_ = true;
  state_ = State::kClosed;
}

}  // namespace yun
