#include "app/mix/tape_marks.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace shelcaster::app {
namespace {

using tape::MarkKind;

class TapeMarksTest : public testing::Test {
 protected:
  /// "<sample> <kind> <text>" of each.
  [[nodiscard]] std::vector<std::string> marks() const {
    std::vector<std::string> texts;
    tape::Mark mark;
    for (std::uint64_t n = 0; n < reader_.mark_count(); ++n) {
      EXPECT_EQ(reader_.read_mark(n, mark), tape::ReadResult::kOk);
      texts.push_back(std::to_string(mark.at.samples()) + " " +
                      std::to_string(static_cast<int>(mark.kind)) + " " + mark.text);
    }
    return texts;
  }

  tape::Tape tape_ = tape::create_tape(1, {}).value();
  tape::TapeReader reader_ = tape::TapeReader::attach(tape_.fd()).value();
};

TEST_F(TapeMarksTest, SaysOnceWhatChanges) {
  auto marks_of_mixer = TapeMarks::attach(tape_.fd()).value();
  marks_of_mixer.set_on_air(base::SampleTime(10), "part-1", true);
  marks_of_mixer.set_on_air(base::SampleTime(20), "part-1", true);
  marks_of_mixer.set_on_air(base::SampleTime(20), "part-2", false);
  marks_of_mixer.track_started(base::SampleTime(30), {1, "Song", "Band"});
  marks_of_mixer.track_started(base::SampleTime(40), {2, "Song", "Band"});
  marks_of_mixer.track_ended(base::SampleTime(40), 1);
  marks_of_mixer.track_ended(base::SampleTime(50), 2);
  marks_of_mixer.set_on_air(base::SampleTime(60), "part-1", false);
  EXPECT_EQ(marks(), (std::vector<std::string>{"10 2 part-1", "30 1 1\nSong\nBand",
                                               "40 1 2\nSong\nBand", "50 1 ", "60 3 part-1"}));
}

TEST_F(TapeMarksTest, GoesOnFromWhatTheMixerBeforeHasSaid) {
  {
    auto before = TapeMarks::attach(tape_.fd()).value();
    before.set_on_air(base::SampleTime(10), "part-1", true);
    before.set_on_air(base::SampleTime(10), "part-2", true);
    before.track_started(base::SampleTime(30), {1, "Song", ""});
  }
  auto next = TapeMarks::attach(tape_.fd()).value();
  next.set_on_air(base::SampleTime(40), "part-1", true);
  next.set_on_air(base::SampleTime(40), "part-2", false);
  next.track_started(base::SampleTime(40), {1, "Song", ""});
  EXPECT_EQ(marks(), (std::vector<std::string>{"10 2 part-1", "10 2 part-2", "30 1 1\nSong\n",
                                               "40 3 part-2"}));
}

}  // namespace
}  // namespace shelcaster::app
