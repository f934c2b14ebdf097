#include "cloud/jwt.h"

#include <gtest/gtest.h>

#include "cloud/jwt_test_signer.h"

namespace yun::cloud {
namespace {

std::string SetOf(std::initializer_list<std::string> keys) {
  std::string text = R"({"keys":[)";
  for (const std::string& key : keys) text += (text.back() == '[' ? "" : ",") + key;
  return text + "]}";
}

// RFC 7515, appendix A.2 and A.3: the same claims, signed by others.
TEST(Jwt, RfcVectors) {
  const std::string claims = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
  const auto es = ParseJwks(SetOf({R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"}));
  ASSERT_TRUE(es.has_value()) << es.error().message;
  const auto verified = VerifyJwt(
      "eyJhbGciOiJFUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
      *es);
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(*verified, claims);
  const auto rs = ParseJwks(SetOf(
      {R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0)"
       R"(Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9)"
       R"(e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaG)"
       R"(Nj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})"}));
  ASSERT_TRUE(rs.has_value()) << rs.error().message;
  const auto also = VerifyJwt(
      "eyJhbGciOiJSUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
      "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO"
      "--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igc"
      "N_IoypGlUPQGe77Rw",
      *rs);
  ASSERT_TRUE(also.has_value()) << also.error().message;
  EXPECT_EQ(*also, claims);
}

TEST(Jwt, OnlyWhatAKeyHasSigned) {
  const TestSigner rs = TestSigner::Rs256("r"), es = TestSigner::Es256("e"), other = TestSigner::Es256("e");
  const auto keys = ParseJwks(SetOf({rs.Jwk(), es.Jwk()}));
  ASSERT_TRUE(keys.has_value()) << keys.error().message;
  ASSERT_EQ(keys->size(), 2u);
  const std::string claims = R"({"sub":"x"})";
  for (const TestSigner* signer : {&rs, &es}) EXPECT_EQ(VerifyJwt(signer->Token(claims), *keys), claims);
  EXPECT_EQ(VerifyJwt(es.TokenWithHead(R"({"alg":"ES256"})", claims), *keys), claims) << "a token without kid";

  const std::string good = es.Token(claims);
  const std::size_t first = good.find('.'), second = good.find('.', first + 1);
  const std::string unsigned_head = Base64Url(R"({"alg":"none"})");
  struct Case {
    const char* what;
    std::string token;
    Code code;
  };
  const Case cases[] = {
      {"another's signature", other.Token(claims), Code::kUnauthenticated},
      {"other claims", good.substr(0, first + 1) + Base64Url(R"({"sub":"y"})") + good.substr(second),
       Code::kUnauthenticated},
      {"another head", Base64Url(R"({"alg":"ES256","kid":"e","x":1})") + good.substr(first), Code::kUnauthenticated},
      {"no signature", good.substr(0, second + 1), Code::kUnauthenticated},
      {"a short signature",
       good.substr(0, second + 1) + Base64Url(ParseBase64Url(good.substr(second + 1))->substr(0, 63)),
       Code::kUnauthenticated},
      {"zeroes, which satisfy careless code", good.substr(0, second + 1) + Base64Url(std::string(64, '\0')),
       Code::kUnauthenticated},
      {"alg none", unsigned_head + good.substr(first, second - first + 1), Code::kUnsupported},
      {"alg None", Base64Url(R"({"alg":"None"})") + good.substr(first), Code::kUnsupported},
      {"HS256, with the public key as its secret", Base64Url(R"({"alg":"HS256","kid":"r"})") + good.substr(first),
       Code::kUnsupported},
      {"ES256 with the RSA key", rs.TokenWithHead(R"({"alg":"ES256","kid":"r"})", claims), Code::kNotFound},
      {"RS256 with the EC key", es.TokenWithHead(R"({"alg":"RS256","kid":"e"})", claims), Code::kNotFound},
      {"an unknown key", es.TokenWithHead(R"({"alg":"ES256","kid":"z"})", claims), Code::kNotFound},
      {"crit", es.TokenWithHead(R"({"alg":"ES256","kid":"e","crit":["b64"],"b64":false})", claims), Code::kUnsupported},
      {"no head", "." + good.substr(first + 1), Code::kCorrupt},
      {"two parts", good.substr(0, second), Code::kCorrupt},
      {"four parts", good + ".AA", Code::kCorrupt},
      {"padding", good + "=", Code::kCorrupt},
      {"standard base64", good.substr(0, second + 1) + "++//", Code::kCorrupt},
      {"nothing", "", Code::kCorrupt},
      {"too long", std::string(kJwtBytesMax + 1, 'a'), Code::kCorrupt},
  };
  for (const Case& c : cases) {
    const auto result = VerifyJwt(c.token, *keys);
    ASSERT_FALSE(result.has_value()) << c.what;
    EXPECT_EQ(result.error().code, c.code) << c.what << ": " << result.error().message;
  }
}

TEST(Jwks, KeysOfOtherKindsAreLeftOut) {
  const TestSigner es = TestSigner::Es256("e");
  const auto keys = ParseJwks(SetOf({R"({"kty":"oct","k":"AAAA"})", R"({"kty":"OKP","crv":"Ed25519","x":"AA"})",
                                     R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})",
                                     R"({"kty":"RSA","use":"enc","n":"AA","e":"AQAB"})",
                                     R"({"kty":"RSA","alg":"PS256","n":"AA","e":"AQAB"})", es.Jwk()}));
  ASSERT_TRUE(keys.has_value()) << keys.error().message;
  EXPECT_EQ(keys->size(), 1u);
}

TEST(Jwks, BrokenSetsAreRefused) {
  const std::string zero = Base64Url(std::string(32, '\0'));
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"keys":{}})"),
        std::string(R"({"keys":[1]})"), SetOf({R"({"kty":"RSA","n":"AA","e":"AQAB"})"}),
        SetOf({R"({"kty":"RSA","n":"!!","e":"AQAB"})"}), SetOf({TestSigner::Rs256("short", 1024).Jwk()}),
        SetOf({R"({"kty":"RSA","n":")" + Base64Url(std::string(256, '\xff')) + R"(","e":"AQ"})"}),
        SetOf({R"({"kty":"RSA","n":")" + Base64Url(std::string(4096, '\xff')) + R"(","e":"AQAB"})"}),
        SetOf({R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})"}),
        SetOf({R"({"kty":"EC","crv":"P-256","x":")" + zero + R"(","y":")" + zero + "\"}"})})
    EXPECT_FALSE(ParseJwks(text).has_value()) << text.substr(0, 200);
  EXPECT_EQ(ParseJwks(std::string(kJwksBytesMax + 1, ' ')).error().code, Code::kTooLarge);
}

TEST(Base64Url, ComesBack) {
  for (std::size_t n = 0; n < 70; ++n) {
    std::string bytes;
    for (std::size_t i = 0; i < n; ++i) bytes += static_cast<char>(i * 37 + n);
    const std::string text = Base64Url(bytes);
    EXPECT_EQ(text.find_first_of("+/="), std::string::npos);
    EXPECT_EQ(ParseBase64Url(text), bytes);
  }
  for (const char* wrong : {"A", "AA=", "AB", "A A", "AA\n", "A+", "A/", "\xa9\xa9\xa9\xa9"})
    EXPECT_FALSE(ParseBase64Url(wrong)) << wrong;
}

}  // namespace
}  // namespace yun::cloud
