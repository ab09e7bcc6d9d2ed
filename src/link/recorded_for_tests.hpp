#pragma once

#include <string_view>
#include <vector>

// Messages as the processes wrote them when they still made them field by field, one of every type
// and direction, and more where a type has several shapes. A keeper of that build goes on with a
// serve of this one: these texts stay as they are.
namespace shelcaster::link::recorded {

using Texts = std::vector<std::string_view>;

inline constexpr std::string_view kDesired =
    R"({"type":"desired","version":3,"showId":"show-1","title":"Late show",)"
    R"("routing":{"tracklistVolume":30,"hostVolume":100,"callersVolume":80,)"
    R"("masterVolume":100,"compression":{"enabled":true,"threshold":-2E1,"ratio":4E0},)"
    R"("limiter":{"enabled":true,"ceiling":-1E0}},"seats":[{"participantId":"part-1",)"
    R"("role":"HOST","isOnAir":true,"volume":90,"muted":false,"pan":-2.5E-1}],)"
    R"("queue":[{"itemId":"item-1","trackId":"track-1","path":"/m/track-1.wav",)"
    R"("gainDb":-3.5E0,"title":"Song","durationMs":1000}],"played":null,)"
    R"("deck":{"itemId":"item-1","positionMs":61000,"state":"PLAYING","number":12},)"
    R"("outputs":[{"id":"out-1","url":"rtmp://h/a/key","allowPrivate":false,)"
    R"("revision":5,"constantRate":true,"keyAt":11}],"deadAir":{"afterMs":15000,)"
    R"("threshold":-5E1,"bed":true,"silenceUntilMs":0},"listeners":{"perShow":64,)"
    R"("perSource":16}})";
inline constexpr std::string_view kDesiredOfAnEmptyShow =
    R"({"type":"desired","version":1,"showId":"show-1","title":"",)"
    R"("routing":{"tracklistVolume":30,"hostVolume":100,"callersVolume":80,)"
    R"("masterVolume":100,"compression":{"enabled":true,"threshold":-2E1,"ratio":4E0},)"
    R"("limiter":{"enabled":true,"ceiling":-1E0}},"seats":[],"queue":[],)"
    R"("played":{"itemId":"item-9","trackId":"track-9","path":"/m/track-9.wav",)"
    R"("gainDb":0E0,"title":"","durationMs":null},"deck":{"itemId":null,"positionMs":0,)"
    R"("state":"STOPPED","number":0},"outputs":[],"deadAir":{"afterMs":0,)"
    R"("threshold":-5E1,"bed":true,"silenceUntilMs":1700000000000},)"
    R"("listeners":{"perShow":64,"perSource":16}})";
inline constexpr std::string_view kPlay =
    R"({"type":"command","id":"cmd-1","command":"DECK_PLAY","itemId":"item-1",)"
    R"("positionMs":5000,"item":{"itemId":"item-1","trackId":"track-1",)"
    R"("path":"/m/track-1.wav","gainDb":-3.5E0,"title":"Song","durationMs":1000},)"
    R"("overItemId":"item-2"})";
inline constexpr std::string_view kPause =
    R"({"type":"command","id":"cmd-2","command":"DECK_PAUSE"})";
inline constexpr std::string_view kOffer =
    R"({"type":"offer","requestId":"req-1","sessionId":"sess-1",)"
    R"("participantId":"part-1","kind":"whip","sdp":"v=0\r\n","source":"",)"
    R"("replaces":"sess-0"})";
inline constexpr std::string_view kIceRestart =
    R"({"type":"ice_restart","requestId":"req-2","sessionId":"sess-1","etag":"*",)"
    R"("fragment":"a=ice-ufrag:x\r\n"})";
inline constexpr std::string_view kCloseSession =
    R"({"type":"close_session","sessionId":"sess-1"})";
inline constexpr std::string_view kWatch = R"({"type":"watch","levels":false})";
inline constexpr std::string_view kStop = R"({"type":"stop"})";
inline constexpr std::string_view kNewLog =
    R"({"type":"new_log","before":"/data/log/s.log.1","now":"/data/log/s.log"})";

inline constexpr std::string_view kAnswer =
    R"({"type":"answer","requestId":"req-1","sdp":"v=0\r\n","etag":"g1"})";
inline constexpr std::string_view kRefuse =
    R"({"type":"refuse","requestId":"req-1","status":410,"detail":"elsewhere",)"
    R"("reason":"replaced"})";
inline constexpr std::string_view kSeat =
    R"({"type":"seat","participantId":"part-1","sessionId":"sess-1",)"
    R"("connection":"connected","isPublishing":true,"stats":{"lossPercent":7E0,)"
    R"("concealedPercent":2.5E0,"jitterMs":9E0,"delayMs":6E1,"rttMs":3E1,)"
    R"("returnLossPercent":1E0,"driftPpm":-8E1}})";
inline constexpr std::string_view kSeatWithoutFigures =
    R"({"type":"seat","participantId":"part-1","sessionId":"sess-1",)"
    R"("connection":"connecting","isPublishing":false,"stats":{}})";
inline constexpr std::string_view kListens = R"({"type":"listens","participantId":"part-1"})";
inline constexpr std::string_view kSessions =
    R"({"type":"sessions","ids":["sess-1","sess-2"],"isDeckKept":true})";
inline constexpr std::string_view kItemEnded =
    R"({"type":"deck_item_ended","itemId":"item-1","reason":"END"})";
inline constexpr std::string_view kItemBroken =
    R"({"type":"deck_item_ended","itemId":"item-1","reason":"ERROR",)"
    R"("error":"the track could not be read on"})";
inline constexpr std::string_view kDeadAir =
    R"({"type":"dead_air","started":"bed","isFalse":false})";
inline constexpr std::string_view kDeadAirEnded =
    R"({"type":"dead_air_ended","reason":"voice","lastedMs":2000,"isFalse":true})";
inline constexpr std::string_view kAck = R"({"type":"ack","id":"cmd-1","ok":true})";
inline constexpr std::string_view kNegativeAck =
    R"({"type":"ack","id":"cmd-1","ok":false,)"
    R"("error":"nothing plays that could be skipped"})";
inline constexpr std::string_view kLevels =
    R"({"type":"levels","at":48480,"master":{"peakDb":-9.3E0,"rmsDb":-2E1,"clip":false,)"
    R"("momentaryLufs":-2.31E1},"sources":[{"peakDb":-1.2E1,"rmsDb":-2.5E1,)"
    R"("clip":false,"id":"part-1"},{"peakDb":-1.2E2,"rmsDb":-1.2E2,"clip":false,)"
    R"("id":"deck"}]})";

inline constexpr std::string_view kMixStatus =
    R"({"type":"mix_status","tapeHeadSamples":480000,"ticks":1000,"lateTicks":1,)"
    R"("missedTicks":3,"recoveredTicks":0,"clipMs":0,"datagrams":{"passedKnown":5,)"
    R"("passedStrangers":1,"droppedStrayMedia":0,"droppedNotOurs":0,)"
    R"("droppedStrangers":0,"droppedSource":0,"droppedSession":0,"droppedQueueFull":0},)"
    R"("underruns":3,"deadAirFallbacks":0,"falseFallbacks":0,"fallback":"",)"
    R"("sessions":2,"desiredVersion":3,"priority":1,"pssBytes":50331648})";
inline constexpr std::string_view kPublishStatus =
    R"({"type":"publish_status","outputs":[{"id":"out-1","revision":5,"state":"live",)"
    R"("problem":"","detail":"","connections":1,"framesDropped":0,"delayMs":80,)"
    R"("bitrateBps":131072}],"hls":{"lastSegment":4,"lastSegmentUnixMs":1763760000000,)"
    R"("problem":"","decoded":{"segment":4,"samples":95232,"peakDb":-1.21E1,)"
    R"("loudnessLufs":-1.6E1,"ok":true,"problem":""}},"lagMs":320,"overruns":0,)"
    R"("writeErrors":0,"pssBytes":20971520})";
inline constexpr std::string_view kPublishStatusOfNothing =
    R"({"type":"publish_status","outputs":[{"id":"out-1","revision":6,)"
    R"("state":"retrying","problem":"address","detail":"no RTMP address"}],)"
    R"("hls":{"lastSegment":-1,"lastSegmentUnixMs":null,"problem":"","decoded":null},)"
    R"("lagMs":0,"overruns":0,"writeErrors":0,"pssBytes":0})";

inline constexpr std::string_view kMakeOffer =
    R"({"type":"make_offer","requestId":"req-1","sessionId":"sess-1","participantId":"part-1",)"
    R"("microphone":true,"return":false})";
inline constexpr std::string_view kTakeAnswer =
    R"({"type":"take_answer","requestId":"req-2","sessionId":"sess-1","sdp":"v=0"})";
inline constexpr std::string_view kTakeCandidates =
    R"({"type":"take_candidates","sessionId":"sess-1","fragment":"a=mid:0"})";
inline constexpr std::string_view kOfferMade =
    R"({"type":"offer_made","requestId":"req-1","sdp":"v=0"})";
inline constexpr std::string_view kAnswerTaken = R"({"type":"answer_taken","requestId":"req-2"})";
inline constexpr std::string_view kSessionClosed =
    R"({"type":"session_closed","sessionId":"sess-1"})";

inline const Texts kServeToKeeper{kDesired,    kDesiredOfAnEmptyShow, kPlay,  kPause, kOffer,
                                  kIceRestart, kCloseSession,         kWatch, kStop};

/// Its `desired` has no outputs.
inline const Texts kKeeperToMix{kDesiredOfAnEmptyShow, kPlay,          kPause, kOffer,  kIceRestart,
                                kCloseSession,         kWatch,         kStop,  kNewLog, kMakeOffer,
                                kTakeAnswer,           kTakeCandidates};

inline const Texts kKeeperToPublish{
    R"({"type":"desired","version":3,"showId":"show-1","outputs":[{"id":"out-1",)"
    R"("url":"rtmp://h/a/key","allowPrivate":false,"revision":5,"constantRate":true,)"
    R"("keyAt":11}]})",
    kNewLog, kStop};

/// What the keeper passes on from the mixer as it is.
inline const Texts kPassedOn{kAnswer,  kRefuse,       kSeat,      kSeatWithoutFigures,
                             kListens, kSessions,     kItemEnded, kItemBroken,
                             kDeadAir, kDeadAirEnded, kAck,       kNegativeAck,
                             kLevels};

inline Texts with_passed_on(Texts texts) {
  texts.insert(texts.end(), kPassedOn.begin(), kPassedOn.end());
  return texts;
}

inline const Texts kMixToKeeper =
    with_passed_on({R"({"type":"deck","state":"PLAYING","positionMs":61000,"isBuffering":false,)"
                    R"("underruns":2,"itemId":"item-1","title":"Song","durationMs":180000})",
                    R"({"type":"deck","state":"STOPPED","positionMs":0,"isBuffering":false,)"
                    R"("underruns":0,"itemId":null,"title":null,"durationMs":null})",
                    kMixStatus, kOfferMade, kAnswerTaken, kSessionClosed});

inline const Texts kPublishToKeeper{kPublishStatus, kPublishStatusOfNothing};

inline const Texts kKeeperToServe = with_passed_on(
    {R"({"type":"hello","showId":"show-1","pid":7,"desiredVersion":3,)"
     R"("epochUnixMs":1763760000000})",
     R"({"type":"status","state":"STARTING","mix":{"state":"STARTING","pid":11,)"
     R"("restarts":0},"publish":{"state":"STARTING","pid":12,"restarts":0},)"
     R"("tapeHeadSamples":0,"pssBytes":1048576,"underruns":0})",
     R"({"type":"status","state":"RUNNING","mix":{"state":"RUNNING","pid":11,)"
     R"("restarts":1,"tapeHeadSamples":480000,"ticks":1000,"fallback":"bed",)"
     R"("underruns":3},"publish":{"state":"RUNNING","pid":12,"restarts":0,"outputs":[],)"
     R"("hls":{"lastSegment":4,"lastSegmentUnixMs":1763760000000,"problem":"",)"
     R"("decoded":null},"lagMs":320},"tapeHeadSamples":480480,"pssBytes":1048576,)"
     R"("underruns":3})",
     R"({"type":"deck","state":"PLAYING","positionMs":61000,"isBuffering":false,)"
     R"("underruns":2,"itemId":"item-1","title":"Song","durationMs":180000,"number":12})",
     R"({"type":"deck_item_ended","itemId":"item-1","reason":"SKIP","isRepeated":true})",
     R"({"type":"stopped"})"});

}  // namespace shelcaster::link::recorded
