#include "app/keeper/show_note.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <fstream>

namespace shelcaster::app {
namespace {

class ShowNoteTest : public testing::Test {
 protected:
  ShowNoteTest() { std::filesystem::create_directories(dir_); }
  ~ShowNoteTest() override { std::filesystem::remove_all(dir_); }

  const std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("show-note-" + std::to_string(::getpid()));
  const std::filesystem::path file_ = dir_ / "show.note";
};

TEST_F(ShowNoteTest, IsReadAsItWasWritten) {
  ShowNote note;
  note.media_port = 40'007;
  note.deck = link::DeckReport{.state = "PLAYING",
                               .item_id = "item-2",
                               .position_ms = 61'000,
                               .duration_ms = {},
                               .title = "Song",
                               .number = 12};
  note.add_command("c1");
  note.add_ended({.item_id = "item-1", .reason = "END", .error = {}});
  std::atomic<std::uint64_t> written = 0;
  {
    NoteKeeper keeper(file_, [&](std::uint64_t number) {
      written = number;
      written.notify_all();
    });
    keeper.write(note);
    note.add_command("c2");
    const std::uint64_t last = keeper.write(note);
    EXPECT_EQ(last, 2U);
    for (std::uint64_t seen = written; seen < last; seen = written) written.wait(seen);
  }
  const auto read = NoteKeeper::read(file_);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->media_port, 40'007);
  EXPECT_EQ(read->deck, note.deck);
  EXPECT_EQ(read->ended, note.ended);
  EXPECT_TRUE(read->has_done("c1"));
  EXPECT_TRUE(read->has_done("c2"));
  EXPECT_FALSE(read->has_done("c3"));
}

TEST_F(ShowNoteTest, TellsOfANoteThatCantBeWrittenToo) {
  std::atomic<bool> is_told = false;
  NoteKeeper keeper(dir_ / "missing" / "show.note", [&](std::uint64_t) {
    is_told = true;
    is_told.notify_all();
  });
  keeper.write({});
  is_told.wait(false);
  EXPECT_TRUE(is_told);
}

TEST_F(ShowNoteTest, ForgetsTheOldestOfWhatItHolds) {
  ShowNote note;
  for (int i = 0; i < 1'000; ++i) {
    note.add_command("c" + std::to_string(i));
    note.add_ended({});
  }
  EXPECT_TRUE(note.has_done("c999"));
  EXPECT_FALSE(note.has_done("c0"));
  EXPECT_TRUE(parse_show_note(write_show_note(note)));
}

TEST_F(ShowNoteTest, RefusesWhatIsDamaged) {
  EXPECT_FALSE(NoteKeeper::read(file_));
  std::ofstream(file_) << "no note at all\n";
  EXPECT_FALSE(NoteKeeper::read(file_));
  for (const char* text : {"", "{", "[]", "{}", R"({"version":2})", R"({"version":"1"})"}) {
    EXPECT_FALSE(parse_show_note(text)) << text;
    ASSERT_TRUE(note_file(file_).write(text));
    EXPECT_FALSE(NoteKeeper::read(file_)) << text;
  }
  const auto odd = parse_show_note(R"({"version":1,"mediaPort":70000,"deck":3,"commands":[1,"a"],)"
                                   R"("ended":["x",{},{"itemId":"i","reason":"END"}]})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->media_port, 0);
  EXPECT_FALSE(odd->deck);
  EXPECT_EQ(odd->commands, std::deque<std::string>{"a"});
  EXPECT_EQ(odd->ended.size(), 1U);
}

// As a keeper before this one left it, that had its mixer's messages in it as they came.
TEST_F(ShowNoteTest, IsReadFromAKeeperOfBefore) {
  const auto note =
      parse_show_note(R"({"version":1,"mediaPort":40007,"deck":{"type":"deck","state":"PLAYING",)"
                      R"("positionMs":61500,"isBuffering":false,"underruns":2,"itemId":"item-2",)"
                      R"("title":"Song","durationMs":180000,"number":12},"commands":["cmd-1"],)"
                      R"("ended":[{"type":"deck_item_ended","itemId":"item-1","reason":"END"}]})");
  ASSERT_TRUE(note);
  EXPECT_EQ(note->media_port, 40'007);
  const link::DeckReport deck{"PLAYING", "item-2", 61'500, 180'000, "Song", false, 2, 12};
  EXPECT_EQ(note->deck, deck);
  const link::DeckItemEnded end{"item-1", "END", ""};
  EXPECT_EQ(note->ended, std::deque{end});
  EXPECT_TRUE(note->has_done("cmd-1"));
}

}  // namespace
}  // namespace shelcaster::app
