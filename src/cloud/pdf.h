// Documents as PDF: text and rules at places on A4 pages. Any script that the machine has fonts for; fonts embedded.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yun::cloud {

/// units: points (1/72 inch), from the page's upper left corner
inline constexpr double kPageWidth = 595.28, kPageHeight = 841.89, kPageMargin = 48;
inline constexpr std::size_t kPdfPagesMax = 2000;

struct PdfStyle {
  enum class Align { kLeft, kRight, kCenter };
  double size = 9;
  Align align = Align::kLeft;
  double gray = 0;   // 0: black, 1: white
  double width = 0;  // 0: as wide as it is; else lines are broken, or the text is cut with an ellipsis
  bool cut = false;  // one line only
};

/// thread: one at a time; any number of documents at once
class PdfDocument {
 public:
  /// The first page is begun. `created_ms` is what the file says of itself: the same input gives the same bytes.
  static Result<std::unique_ptr<PdfDocument>> Create(std::string_view title, std::int64_t created_ms);
  virtual ~PdfDocument() = default;

  /// Draws, and returns the height that it took.
  virtual double Text(double x, double y, std::string_view text, const PdfStyle& style) = 0;
  /// A horizontal line.
  virtual void Rule(double x, double y, double width, double thickness, double gray) = 0;
  /// errors: kTooLarge (kPdfPagesMax)
  virtual Status NewPage() = 0;
  virtual std::size_t pages() const = 0;
  /// The file. Nothing may be drawn any more. errors: kInternal
  virtual Result<std::string> Finish() = 0;
};

}  // namespace yun::cloud
