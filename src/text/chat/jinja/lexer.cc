#include "text/chat/jinja/lexer.h"

#include <algorithm>

#include "text/chat/jinja/python_text.h"

namespace yun::jinja {
namespace {

constexpr int64_t kTokenBytes = 2 * sizeof(Token);

bool IsDec(char c) { return c >= '0' && c <= '9'; }
bool IsBaseDigit(char c, int base) {
  if (base == 2) return c == '0' || c == '1';
  if (base == 8) return c >= '0' && c <= '7';
  if (base == 16) return IsDec(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
  return IsDec(c);
}

// \r\n and \r become \n; one newline at the very end goes.
std::string NormalNewlines(std::string_view text, bool drop_last) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      out += '\n';
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    } else {
      out += text[i];
    }
  }
  if (drop_last && !out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

class Lexer {
 public:
  Lexer(std::string_view source, Budget* budget) : source_(NormalNewlines(source, true)), budget_(budget) {}

  std::vector<Token> Run() {
    while (at_ < source_.size()) Data();
    Add(Token::kEnd, "");
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void Fail(std::string text) const { throw TemplateError(TemplateError::kSyntax, std::move(text), line_); }

  void Add(Token::Type type, std::string text) {
    budget_->Spend(1);
    budget_->Hold(kTokenBytes);
    budget_->Release(kTokenBytes);
    tokens_.push_back({type, line_, std::move(text)});
  }

  bool At(std::string_view what) const { return std::string_view(source_).substr(at_).starts_with(what); }
  char Peek(size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }
  size_t SkipSpace(size_t at) const {
    while (at < source_.size()) {
      size_t bytes;
      if (!IsSpace(DecodeChar(source_, at, &bytes))) break;
      at += bytes;
    }
    return at;
  }
  void Advance(size_t to) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<ptrdiff_t>(at_),
                                         source_.begin() + static_cast<ptrdiff_t>(to), '\n'));
    line_starting_ = to > 0 && to > at_ && source_[to - 1] == '\n';
    at_ = to;
  }

  // The text before a tag, with what the tag's sign (or its being no print tag) takes of its blanks.
  std::string Before(std::string_view text, char sign, bool print) const {
    if (sign == '-') return std::string(Strip(text, 2));
    if (sign != '+' && !print) {
      size_t newline = text.rfind('\n');
      size_t from = newline == text.npos ? 0 : newline + 1;
      if ((from > 0 || line_starting_) && from < text.size() && Strip(text.substr(from), 3).empty()) {
        return std::string(text.substr(0, from));
      }
    }
    return std::string(text);
  }

  void Data() {
    size_t open = at_;
    while (true) {
      open = source_.find('{', open);
      if (open == std::string::npos || open + 1 >= source_.size()) {
        open = source_.size();
        break;
      }
      char c = source_[open + 1];
      if (c == '%' || c == '{' || c == '#') break;
      ++open;
    }
    std::string_view text = std::string_view(source_).substr(at_, open - at_);
    if (open == source_.size()) {
      if (!text.empty()) Add(Token::kData, std::string(text));
      at_ = open;
      return;
    }
    char type = source_[open + 1];
    char sign = open + 2 < source_.size() && (source_[open + 2] == '-' || source_[open + 2] == '+') ? source_[open + 2] : 0;
    std::string before = Before(text, sign, type == '{');
    if (!before.empty()) Add(Token::kData, std::move(before));
    size_t after = open + 2 + (sign ? 1 : 0);
    if (type == '%') {
      size_t raw = SkipSpace(after);
      if (std::string_view(source_).substr(raw).starts_with("raw")) {
        size_t close = SkipSpace(raw + 3);
        std::string_view rest = std::string_view(source_).substr(close);
        if (rest.starts_with("%}") || rest.starts_with("-%}")) {
          Advance(rest[0] == '-' ? SkipSpace(close + 3) : close + 2);
          return Raw();
        }
      }
    }
    Advance(after);
    if (type == '#') return Comment();
    Add(type == '%' ? Token::kBlockBegin : Token::kPrintBegin, "");
    Tag(type == '%');
  }

  void Comment() {
    size_t close = source_.find("#}", at_);
    if (close == std::string::npos) Fail("Missing end of comment tag");
    bool strip = close > at_ && source_[close - 1] == '-';
    bool keep = close > at_ && source_[close - 1] == '+';
    size_t end = close + 2;
    if (strip) {
      end = SkipSpace(end);
    } else if (!keep && end < source_.size() && source_[end] == '\n') {
      ++end;
    }
    Advance(end);
  }

  void Raw() {
    for (size_t open = at_;; ++open) {
      open = source_.find("{%", open);
      if (open == std::string::npos) Fail("Missing end of raw directive");
      size_t at = open + 2;
      char sign = at < source_.size() && (source_[at] == '-' || source_[at] == '+') ? source_[at] : 0;
      if (sign) ++at;
      at = SkipSpace(at);
      if (!std::string_view(source_).substr(at).starts_with("endraw")) continue;
      at = SkipSpace(at + 6);
      std::string_view rest = std::string_view(source_).substr(at);
      size_t end;
      if (rest.starts_with("-%}")) {
        end = SkipSpace(at + 3);
      } else if (rest.starts_with("+%}")) {
        end = at + 3;
      } else if (rest.starts_with("%}")) {
        end = at + 2 + (rest.size() > 2 && rest[2] == '\n' ? 1 : 0);
      } else {
        continue;
      }
      std::string text = Before(std::string_view(source_).substr(at_, open - at_), sign, false);
      if (!text.empty()) Add(Token::kData, std::move(text));
      Advance(end);
      return;
    }
  }

  // From behind an opening sign to behind its closing one.
  void Tag(bool block) {
    std::string brackets;
    while (true) {
      Advance(SkipSpace(at_));
      if (at_ >= source_.size()) Fail("unexpected end of template, expected '" + std::string(block ? "%}" : "}}") + "'");
      if (brackets.empty()) {
        std::string_view close = block ? "%}" : "}}";
        if (Peek() == '-' && std::string_view(source_).substr(at_ + 1).starts_with(close)) {
          Add(block ? Token::kBlockEnd : Token::kPrintEnd, "");
          return Advance(SkipSpace(at_ + 3));
        }
        if (block && Peek() == '+' && std::string_view(source_).substr(at_ + 1).starts_with(close)) {
          Add(Token::kBlockEnd, "");
          return Advance(at_ + 3);
        }
        if (At(close)) {
          Add(block ? Token::kBlockEnd : Token::kPrintEnd, "");
          return Advance(at_ + 2 + (block && Peek(2) == '\n' ? 1 : 0));
        }
      }
      char c = Peek();
      if (IsDec(c)) {
        Number();
      } else if (c == '"' || c == '\'') {
        Text(c);
      } else if (size_t bytes = NameStart(); bytes) {
        Name();
      } else {
        Operator(&brackets);
      }
    }
  }

  size_t NameStart() const {
    size_t bytes;
    char32_t c = DecodeChar(source_, at_, &bytes);
    return c == '_' || (c < 0x80 ? (c | 32) >= 'a' && (c | 32) <= 'z' : bytes > 1 && IsLetter(c)) ? bytes : 0;
  }

  void Name() {
    size_t end = at_;
    while (end < source_.size()) {
      size_t bytes;
      char32_t c = DecodeChar(source_, end, &bytes);
      bool part = c == '_' || (c < 0x80 ? (c | 32) >= 'a' && (c | 32) <= 'z' : bytes > 1 && (IsLetter(c) || IsNumeric(c)));
      if (!part && !(c < 0x80 && IsDec(static_cast<char>(c)))) break;
      end += bytes;
    }
    Add(Token::kName, source_.substr(at_, end - at_));
    Advance(end);
  }

  // digits with single underscores between them
  size_t DigitsEnd(size_t at, int base) const {
    while (at < source_.size()) {
      if (IsBaseDigit(source_[at], base)) {
        ++at;
      } else if (source_[at] == '_' && at + 1 < source_.size() && IsBaseDigit(source_[at + 1], base)) {
        at += 2;
      } else {
        break;
      }
    }
    return at;
  }

  void Number() {
    size_t end;
    char marker = static_cast<char>(Peek(1) | 32);
    int base = Peek() != '0' ? 10 : marker == 'x' ? 16 : marker == 'o' ? 8 : marker == 'b' ? 2 : 10;
    bool is_float = false;
    if (base != 10) {
      size_t from = at_ + 2;
      if (from < source_.size() && source_[from] == '_') ++from;
      if (from < source_.size() && IsBaseDigit(source_[from], base)) {
        end = DigitsEnd(from, base);
      } else {
        base = 10;
      }
    }
    if (base == 10) {
      end = DigitsEnd(at_, 10);
      bool after_dot = at_ > 0 && source_[at_ - 1] == '.';
      if (!after_dot) {
        if (end + 1 < source_.size() && source_[end] == '.' && IsDec(source_[end + 1])) {
          end = DigitsEnd(end + 1, 10);
          is_float = true;
        }
        if (end < source_.size() && (source_[end] | 32) == 'e') {
          size_t e = end + 1;
          if (e < source_.size() && (source_[e] == '+' || source_[e] == '-')) ++e;
          if (e < source_.size() && IsDec(source_[e])) {
            end = DigitsEnd(e, 10);
            is_float = true;
          }
        }
      }
      // 0123 is two numbers to Jinja, which its parser then refuses.
      if (!is_float && Peek() == '0') {
        end = at_ + 1;
        while (end < source_.size() && (source_[end] == '0' || (source_[end] == '_' && end + 1 < source_.size() && source_[end + 1] == '0'))) ++end;
      }
    }
    std::string text = source_.substr(at_, end - at_);
    text.erase(std::remove(text.begin(), text.end(), '_'), text.end());
    Add(is_float ? Token::kFloat : Token::kInteger, std::move(text));
    Advance(end);
  }

  void Text(char quote) {
    std::string out;
    size_t at = at_ + 1;
    for (;; ++at) {
      if (at >= source_.size()) Fail("a text without its closing quote");
      char c = source_[at];
      if (c == quote) break;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (++at >= source_.size()) Fail("a text without its closing quote");
      c = source_[at];
      auto hex = [&](int digits) {
        char32_t value = 0;
        for (int i = 0; i < digits; ++i) {
          if (++at >= source_.size() || !IsBaseDigit(source_[at], 16)) Fail("a broken escape in a text");
          char d = source_[at];
          value = value * 16 + static_cast<char32_t>(IsDec(d) ? d - '0' : (d | 32) - 'a' + 10);
        }
        if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) Fail("an escape that is no character");
        AppendChar(&out, value);
      };
      switch (c) {
        case '\n': break;
        case '\\':
        case '\'':
        case '"': out += c; break;
        case 'a': out += '\a'; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'v': out += '\v'; break;
        case 'x': hex(2); break;
        case 'u': hex(4); break;
        case 'U': hex(8); break;
        default:
          if (IsBaseDigit(c, 8)) {
            char32_t value = static_cast<char32_t>(c - '0');
            for (int i = 0; i < 2 && at + 1 < source_.size() && IsBaseDigit(source_[at + 1], 8); ++i) {
              value = value * 8 + static_cast<char32_t>(source_[++at] - '0');
            }
            AppendChar(&out, value);
          } else {
            out += '\\';
            out += c;
          }
      }
    }
    Add(Token::kString, std::move(out));
    Advance(at + 1);
  }

  void Operator(std::string* brackets) {
    static constexpr std::string_view kTwo[] = {"//", "**", "==", "!=", ">=", "<="};
    for (std::string_view op : kTwo) {
      if (At(op)) {
        Add(Token::kOperator, std::string(op));
        return Advance(at_ + 2);
      }
    }
    char c = Peek();
    if (std::string_view("+-/*%~[](){}><=.:|,;").find(c) == std::string_view::npos || c == '\0') {
      Fail("unexpected char '" + source_.substr(at_, CharBytes(source_, at_)) + "'");
    }
    if (c == '(' || c == '[' || c == '{') brackets->push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
    if (c == ')' || c == ']' || c == '}') {
      if (brackets->empty()) Fail(std::string("unexpected '") + c + "'");
      if (brackets->back() != c) Fail(std::string("unexpected '") + c + "', expected '" + brackets->back() + "'");
      brackets->pop_back();
    }
    Add(Token::kOperator, std::string(1, c));
    Advance(at_ + 1);
  }

  std::string source_;
  Budget* budget_;  // borrows
  size_t at_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Tokenize(std::string_view source, Budget* budget) { return Lexer(source, budget).Run(); }

}  // namespace yun::jinja
