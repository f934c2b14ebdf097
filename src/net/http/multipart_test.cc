#include "net/http/multipart.h"

#include <gtest/gtest.h>

namespace yun::http {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=XX";

TEST(ParseForm, AForm) {
  const std::string body =
      "--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
      "--XX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".jsonl\"\r\n"
      "Content-Type: application/jsonl\r\n\r\n{}\r\n--X\r\n\r\n--XX  \r\n"
      "Content-Disposition: form-data; name=empty\r\n\r\n\r\n--XX--\r\n";
  const auto parts = ParseForm(kType, body);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 3u);
  EXPECT_EQ((*parts)[0].name, "purpose");
  EXPECT_EQ((*parts)[0].bytes, "batch");
  EXPECT_EQ((*parts)[0].filename, "");
  EXPECT_EQ((*parts)[1].filename, "a \"b\".jsonl");
  EXPECT_EQ((*parts)[1].content_type, "application/jsonl");
  EXPECT_EQ((*parts)[1].bytes, "{}\r\n--X\r\n");  // what only begins like the boundary is content
  EXPECT_EQ((*parts)[2].name, "empty");
  EXPECT_EQ((*parts)[2].bytes, "");
}

TEST(ParseForm, NamesThatAreNotAscii) {
  const auto parts = ParseForm("Multipart/Form-Data; charset=utf-8; boundary=\"a b'(c)\"",
                               "--a b'(c)\r\nContent-Disposition: form-data; name=\"file\"; "
                               "filename*=utf-8''%E4%BA%91.txt\r\n\r\nx\r\n--a b'(c)--");
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_EQ((*parts)[0].filename, "云.txt");
}

TEST(ParseForm, Refused) {
  const std::string head = "--XX\r\nContent-Disposition: form-data; name=\"f\"\r\n";
  std::string many;
  for (std::size_t i = 0; i <= kFormPartsMax; ++i) many += head + "\r\nx\r\n";
  const struct {
    std::string_view type;
    std::string body;
    std::string_view says;
  } cases[] = {
      {"application/json", "{}", "multipart/form-data is needed"},
      {"multipart/form-data", "--XX--", "no boundary"},
      {"multipart/form-data; boundary=", "--XX--", "printable"},
      {"multipart/form-data; boundary=\"XX", "--XX--", "is needed"},
      {kType, "", "does not begin with the boundary"},
      {kType, "hello\r\n--XX--", "does not begin with the boundary"},
      {kType, "--XX", "ends within part 1"},
      {kType, "--XXY\r\n", "does not end its line"},
      {kType, head, "ends within part 1"},
      {kType, head + "\r\nabc", "last boundary is missing"},
      {kType, head + "\r\nabc\r\n--XX", "last boundary is missing"},
      {kType, head + "\r\nabc\r\n--XX-", "does not end its line"},
      {kType, head + "\r\nabc\r\n--XX--more", "follows the form's last boundary"},
      {kType, "--XX\r\n\r\nabc\r\n--XX--", "no header Content-Disposition"},
      {kType, "--XX\r\nContent-Type: text/plain\r\n\r\nabc\r\n--XX--", "no header Content-Disposition"},
      {kType, "--XX\r\nContent-Disposition: attachment\r\n\r\nabc\r\n--XX--", "is needed"},
      {kType, "--XX\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--XX--", "has no name"},
      {kType, "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nabc\r\n--XX--", "is needed"},
      {kType, "--XX\r\nno colon\r\n\r\nabc\r\n--XX--", "Name: value"},
      {kType, head + "Content-Type: multipart/mixed; boundary=YY\r\n\r\n--YY--\r\n--XX--", "has parts itself"},
      {kType, head + "Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--XX--", "is encoded"},
      {kType, head + "X: " + std::string(kPartHeadBytesMax, 'x') + "\r\n\r\nabc\r\n--XX--", "more than 4096 bytes"},
      {kType, many + "--XX--", "more than 64 parts"},
  };
  for (const auto& c : cases) {
    const auto parts = ParseForm(c.type, c.body);
    ASSERT_FALSE(parts) << c.body;
    EXPECT_NE(parts.error().message.find(c.says), std::string::npos) << c.body << "\n" << parts.error().message;
  }
}

TEST(ParseForm, EveryCutIsRefused) {
  const std::string body =
      "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc\r\n--XX--";
  ASSERT_TRUE(ParseForm(kType, body));
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(ParseForm(kType, std::string_view(body).substr(0, size))) << size;
}

}  // namespace
}  // namespace yun::http
