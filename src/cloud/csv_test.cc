#include "cloud/csv.h"

#include <gtest/gtest.h>

namespace yun::cloud {
namespace {

TEST(Csv, QuotesWhatNeedsItAndDisarmsFormulas) {
  struct Row {
    std::string_view text, cell;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"plain", "plain"},
           {"", ""},
           {"a,b", "\"a,b\""},
           {"say \"no\"", "\"say \"\"no\"\"\""},
           {"two\nlines", "\"two\nlines\""},
           {"=1+2", "\"'=1+2\""},
           {"+1", "\"'+1\""},
           {"-1", "\"'-1\""},
           {"@SUM(A1)", "\"'@SUM(A1)\""},
           {"\t=1", "\"'\t=1\""},
           {"\r=1", "\"'\r=1\""},
           {"  =1", "\"'  =1\""},
           {"北京=1", "北京=1"},
       }) {
    CsvWriter csv;
    csv.Text(row.text);
    EXPECT_EQ(csv.text(), row.cell);
  }
}

TEST(Csv, RowsEndInCrLf) {
  CsvWriter csv;
  csv.Text("a").Number(-5).Number("1.50").EndRow().Text("").Text("b").EndRow();
  EXPECT_EQ(csv.text(), "a,-5,1.50\r\n,b\r\n");
}

}  // namespace
}  // namespace yun::cloud
