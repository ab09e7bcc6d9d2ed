#include "control/detail/download_name.hpp"

#include <gtest/gtest.h>

namespace shelcaster::control::detail {
namespace {

constexpr std::int64_t kAtMs = 1'796'028'840'000;  // 2026-11-30 08:54 UTC

std::string disposition(std::string_view title, std::int64_t at_ms = kAtMs) {
  return download_disposition(title, base::WallTime::from_unix_ms(at_ms), ".aac");
}

TEST(DownloadName, HasTitleDateAndTime) {
  EXPECT_EQ(disposition("Morning Show"),
            "attachment; filename=\"Morning Show 2026-11-30 08-54 UTC.aac\"; "
            "filename*=UTF-8''Morning%20Show%202026-11-30%2008-54%20UTC.aac");
}

TEST(DownloadName, IsInUtf8AndForOldReadersInAscii) {
  EXPECT_EQ(disposition("Früh am Tag"),
            "attachment; filename=\"Fr_h am Tag 2026-11-30 08-54 UTC.aac\"; "
            "filename*=UTF-8''Fr%C3%BCh%20am%20Tag%202026-11-30%2008-54%20UTC.aac");
}

TEST(DownloadName, HasNothingThatAHeaderOrAFileSystemGivesAMeaningTo) {
  const std::string ascii = disposition("../a\"; x=\r\nSet-Cookie: 1\\");
  EXPECT_EQ(ascii.substr(0, ascii.find("; filename*")),
            "attachment; filename=\"_a_; x=__Set-Cookie_ 1_ 2026-11-30 08-54 UTC.aac\"");
  EXPECT_EQ(disposition(" .. ").find("attachment; filename=\"Show 2026"), 0U);
}

TEST(DownloadName, OfALongTitleIsCutBetweenTwoCharacters) {
  std::string title;
  for (int i = 0; i < 200; ++i) title += "ы";
  const std::string header = disposition(title);
  EXPECT_NE(header.find("%D1%8B%202026"), std::string::npos) << header;
  EXPECT_LT(header.size(), 1'000U);
}

TEST(DownloadName, OfAnImpossibleTimeIsANameAllTheSame) {
  EXPECT_NE(disposition("Show", INT64_MAX).find("9999-12-31"), std::string::npos);
  EXPECT_NE(disposition("Show", -5).find("1970-01-01"), std::string::npos);
}

}  // namespace
}  // namespace shelcaster::control::detail
