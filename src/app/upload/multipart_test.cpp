#include "app/upload/multipart.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ctime>

#include "base/unique_fd.hpp"

namespace shelcaster::app {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=B";

base::UniqueFd file_of(std::string_view body) {
  base::UniqueFd fd(memfd_create("body", MFD_CLOEXEC));
  EXPECT_EQ(write(fd.get(), body.data(), body.size()), static_cast<ssize_t>(body.size()));
  return fd;
}

std::string part(const std::string& disposition, const std::string& content) {
  return "--B\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

std::string content_of(std::string_view body, std::string_view type = kType) {
  const auto found = find_file_part(file_of(body).get(), type);
  if (!found) return "error: " + found.error().message;
  return std::string(
      body.substr(static_cast<std::size_t>(found->begin), static_cast<std::size_t>(found->size)));
}

std::string name_of(const std::string& disposition) {
  const std::string body = part("name=\"file\"; " + disposition, "x") + "--B--\r\n";
  const auto found = find_file_part(file_of(body).get(), kType);
  EXPECT_TRUE(found);
  EXPECT_EQ(peek_file_name(file_of(body).get(), kType), found->file_name);
  return found->file_name;
}

TEST(Multipart, FindsTheFileAmongTheFields) {
  const std::string body = part("name=\"title\"", "A song") +
                           part("name=\"file\"; filename=\"a.mp3\"", "sound") +
                           part("name=\"more\"", "after") + "--B--\r\n";
  EXPECT_EQ(content_of(body), "sound");
  EXPECT_EQ(
      content_of("preamble\r\n" + part("name=f; filename=a", std::string(3 << 20, 's')) + "--B--"),
      std::string(3 << 20, 's'));
  EXPECT_EQ(content_of(body, "Multipart/Form-Data; charset=utf-8; boundary=\"B\""), "sound");
}

TEST(Multipart, SaysWhatIsMissing) {
  EXPECT_NE(content_of(part("name=\"title\"", "A song") + "--B--").find("no file"),
            std::string::npos);
  EXPECT_NE(content_of("x", "multipart/form-data").find("boundary"), std::string::npos);
  EXPECT_NE(
      content_of("--B\r\nContent-Disposition: form-data; filename=a\r\n\r\ncut").find("no file"),
      std::string::npos);
  EXPECT_TRUE(is_multipart(kType));
  EXPECT_FALSE(is_multipart("audio/mpeg"));
}

TEST(Multipart, KeepsNamesAsTheyWereWritten) {
  EXPECT_EQ(name_of("filename=\"Artist - Song.mp3\""), "Artist - Song.mp3");
  EXPECT_EQ(name_of("filename=\"semi;colon.mp3\""), "semi;colon.mp3");
  EXPECT_EQ(name_of("filename=\"Ünïcode 音.mp3\""), "Ünïcode 音.mp3");
  EXPECT_EQ(name_of("filename=plain.mp3"), "plain.mp3");
  EXPECT_EQ(name_of("filename=\"the %22best%22 100%.mp3\""), "the \"best\" 100%.mp3");
  EXPECT_EQ(name_of("filename=\"the \\\"best\\\".mp3\""), "the \"best\".mp3");
  EXPECT_EQ(name_of("filename=\"a.mp3\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.mp3"),
            "naïve €.mp3");
  EXPECT_EQ(name_of("filename=\"caf\xe9.mp3\""), "café.mp3");
  EXPECT_EQ(name_of("filename=\"a.mp3\"; filename*=UTF-8''%ff"), "a.mp3");
}

TEST(Multipart, CostsAsMuchForEachByteOfALargeBody) {
  // Almost boundaries all along: the worst that a search can be given.
  const auto cost = [](std::size_t size) {
    std::string body = part("name=f; filename=a", "");
    const std::string_view almost = "\r\n--A";
    while (body.size() < size) body += almost;
    const auto file = file_of(body);
    const std::clock_t began = std::clock();
    EXPECT_FALSE(find_file_part(file.get(), kType));
    return static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  };
  EXPECT_LT(cost(16U << 20U), 1.0) << "seconds for 16 MiB";
}

}  // namespace
}  // namespace shelcaster::app
