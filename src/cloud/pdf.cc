#include "cloud/pdf.h"

#include <cairo-pdf.h>
#include <fmt/chrono.h>
#include <pango/pangocairo.h>

#include <ctime>

namespace yun::cloud {
namespace {

// The first that is there gives Latin letters and figures too, so that both scripts stand on one line well; what it
// lacks comes from any font that has it.
constexpr const char* kFontFamilies =
    "WenQuanYi Micro Hei, Noto Sans CJK SC, Noto Sans, Droid Sans Fallback, DejaVu Sans, sans-serif";

template <auto kFree>
struct Free {
  void operator()(auto* pointer) const { kFree(pointer); }
};
using Surface = std::unique_ptr<cairo_surface_t, Free<cairo_surface_destroy>>;
using Context = std::unique_ptr<cairo_t, Free<cairo_destroy>>;
using FontMap = std::unique_ptr<PangoFontMap, Free<g_object_unref>>;
using Layout = std::unique_ptr<PangoLayout, Free<g_object_unref>>;
using Font = std::unique_ptr<PangoFontDescription, Free<pango_font_description_free>>;

cairo_status_t Append(void* to, const unsigned char* bytes, unsigned size) {
  static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
}

class CairoDocument final : public PdfDocument {
 public:
  Status Start(std::string_view title, std::int64_t created_ms) {
    surface_.reset(cairo_pdf_surface_create_for_stream(Append, &bytes_, kPageWidth, kPageHeight));
    cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_TITLE, std::string(title).c_str());
    cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_CREATOR, "yun");
    const std::time_t created = static_cast<std::time_t>(created_ms / 1000);
    cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_CREATE_DATE,
                                   fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(created)).c_str());
    cairo_.reset(cairo_create(surface_.get()));
    // A map of our own: Pango's default one belongs to a thread and would live as long.
    fonts_.reset(pango_cairo_font_map_new());
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(fonts_.get()), 72);  // so that a point is a unit
    PangoContext* context = pango_font_map_create_context(fonts_.get());
    cairo_font_options_t* options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    layout_.reset(pango_layout_new(context));
    g_object_unref(context);
    font_.reset(pango_font_description_from_string(kFontFamilies));
    return Good();
  }

  double Text(double x, double y, std::string_view text, const PdfStyle& style) override {
    PangoLayout* layout = layout_.get();
    pango_font_description_set_absolute_size(font_.get(), style.size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font_.get());
    pango_layout_set_text(layout, text.data(), static_cast<int>(text.size()));
    pango_layout_set_single_paragraph_mode(layout, style.cut);
    pango_layout_set_width(layout, style.width > 0 ? static_cast<int>(style.width * PANGO_SCALE) : -1);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_ellipsize(layout, style.cut && style.width > 0 ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
    pango_layout_set_alignment(layout, style.align == PdfStyle::Align::kRight    ? PANGO_ALIGN_RIGHT
                                       : style.align == PdfStyle::Align::kCenter ? PANGO_ALIGN_CENTER
                                                                                 : PANGO_ALIGN_LEFT);
    int width = 0, height = 0;
    pango_layout_get_size(layout, &width, &height);
    cairo_set_source_rgb(cairo_.get(), style.gray, style.gray, style.gray);
    cairo_move_to(cairo_.get(), x, y);
    pango_cairo_show_layout(cairo_.get(), layout);
    return static_cast<double>(height) / PANGO_SCALE;
  }

  void Rule(double x, double y, double width, double thickness, double gray) override {
    cairo_set_source_rgb(cairo_.get(), gray, gray, gray);
    cairo_set_line_width(cairo_.get(), thickness);
    cairo_move_to(cairo_.get(), x, y);
    cairo_line_to(cairo_.get(), x + width, y);
    cairo_stroke(cairo_.get());
  }

  Status NewPage() override {
    if (pages_ >= kPdfPagesMax) return Fail(Code::kTooLarge, "a PDF of more than {} pages", kPdfPagesMax);
    cairo_show_page(cairo_.get());
    ++pages_;
    return Good();
  }

  std::size_t pages() const override { return pages_; }

  Result<std::string> Finish() override {
    cairo_show_page(cairo_.get());
    cairo_surface_finish(surface_.get());
    RETURN_IF_ERROR(Good());
    return std::move(bytes_);
  }

 private:
  Status Good() const {
    for (const cairo_status_t status : {cairo_status(cairo_.get()), cairo_surface_status(surface_.get())})
      if (status != CAIRO_STATUS_SUCCESS) return Fail(Code::kInternal, "PDF: {}", cairo_status_to_string(status));
    return {};
  }

  std::string bytes_;  // before the surface, which writes to it
  Surface surface_;
  Context cairo_;
  FontMap fonts_;
  Font font_;
  Layout layout_;
  std::size_t pages_ = 1;
};

}  // namespace

Result<std::unique_ptr<PdfDocument>> PdfDocument::Create(std::string_view title, std::int64_t created_ms) {
  auto document = std::make_unique<CairoDocument>();
  RETURN_IF_ERROR(document->Start(title, created_ms));
  return document;
}

}  // namespace yun::cloud
