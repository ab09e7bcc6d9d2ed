#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/json_reader.hpp"
#include "archive/json_writer.hpp"
#include "base/fields.hpp"

namespace shelcaster::archive {
namespace {

enum class Colour { kRed, kBlue };
std::string_view to_string(Colour colour) { return colour == Colour::kRed ? "red" : "blue"; }
bool parse(std::string_view text, Colour& to) {
  to = text == "red" ? Colour::kRed : Colour::kBlue;
  return text == "red" || text == "blue";
}

struct Part {
  int level = 0;
};
void fields(auto& archive, base::Of<Part> auto& part) {
  archive("level", part.level, base::Within{0, 100});
}

struct Thing {
  std::string name = "x";
  Colour colour = Colour::kBlue;
  std::optional<std::int64_t> length;
  std::vector<Part> parts{{1}, {2}};
  double pan = 0.5;
};
void fields(auto& archive, base::Of<Thing> auto& thing) {
  archive("name", thing.name);
  archive("colour", thing.colour);
  archive("length", thing.length);
  archive("parts", thing.parts);
  archive.since_later("pan", thing.pan, 0.0, base::Within{-1.0, 1.0});
}

/// What the reader finds wrong with it; empty: nothing.
std::string complaint(std::string_view text, Thing& thing) {
  const boost::json::value value = boost::json::parse(text);
  JsonReader reader(value.get_object());
  fields(reader, thing);
  return reader.bad();
}

constexpr std::string_view kText =
    R"({"name":"x","colour":"blue","length":null,"parts":[{"level":1},{"level":2}],"pan":5E-1})";

TEST(JsonArchive, WritesAllFieldsAndReadsThemAgain) {
  EXPECT_EQ(boost::json::serialize(to_json_object(Thing())), kText);
  Thing thing{.name = "", .colour = Colour::kRed, .length = 7, .parts = {}, .pan = 0};
  EXPECT_EQ(complaint(kText, thing), "");
  EXPECT_EQ(boost::json::serialize(to_json_object(thing)), kText);
}

TEST(JsonArchive, WritesBehindWhatIsThere) {
  EXPECT_EQ(boost::json::serialize(to_json_object(Part{3}, {{"id", "p"}})),
            R"({"id":"p","level":3})");
}

TEST(JsonArchive, TakesTheDefaultForWhatCameLater) {
  Thing thing;
  EXPECT_EQ(complaint(R"({"name":"x","colour":"red","length":4,"parts":[]})", thing), "");
  EXPECT_EQ(thing.pan, 0);
  EXPECT_EQ(thing.length, 4);
}

TEST(JsonArchive, NamesTheFirstFieldThatIsMissingMalformedOrBeyondItsLimits) {
  Thing thing;
  EXPECT_EQ(complaint(R"({"name":"x"})", thing), "colour");
  EXPECT_EQ(complaint(R"({"name":7,"colour":"red"})", thing), "name");
  EXPECT_EQ(complaint(R"({"name":"x","colour":"green","length":null,"parts":[]})", thing),
            "colour");
  EXPECT_EQ(complaint(R"({"name":"x","colour":"red","length":1,"parts":[{"level":101}]})", thing),
            "parts");
  EXPECT_EQ(complaint(R"({"name":"x","colour":"red","length":1,"parts":[],"pan":-1.1})", thing),
            "pan");
}

}  // namespace
}  // namespace shelcaster::archive
