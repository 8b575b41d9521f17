/*
 * One token, two instances of the backend, the store that they share, and a phone that repeats its request.
 *
 * Run by test_model.py, which says what must hold and which broken variants must fail.
 *
 * Time goes in steps. A step stands for about ten seconds, and what takes less than a second takes none: a command to a
 * store that does not stall, the wait for a reply that does not come, the write to Tiki after the look at the clock,
 * telling those who wait. Everything else may take as long as it likes, as in a process that the kernel does not run.
 * Time does not go on while something is due, so a wait that nobody ends stops the clock for ever, which Spin reports
 * as an invalid end state.
 *
 * Assumed:
 *  - All clocks run at the same speed. They need not show the same time, but for one thing: how old an outcome is that
 *    another instance has made.
 *  - Between the look at its clock and its first byte to Tiki an instance loses no more than the spare second.
 *  - What was sent over a connection that has broken is carried out in order up to some point, perhaps much later, but
 *    before the first command of the next connection. (-DLATE_COMMANDS=1: perhaps afterwards. Then a claim may come
 *    after its own release, and the token is stuck until that claim ends. It is still not sent twice.)
 *  - A store that has lost some of its memory shows it by its marker, and has also lost the commands that it had not
 *    carried out. (-DSILENT_LOSS: there is no marker. That is not covered.)
 */

/* --- how long things take, in steps ------------------------------------------------------------------------ */

/* The program's settings are as 1 : 3 : 4.5. Smaller numbers in the same order make the same cases in fewer states. */
#define PATIENCE 1 /* REQUEST_TIMEOUT: how long a request waits, and when its call may be sent at the latest */
#define CALL     2 /* LATE_ANSWER_TIMEOUT: from the first byte to the end of the call */
#define WINDOW   3 /* REPLAY_WINDOW: how long an outcome is kept after the end of its call */

/* A claim lives from the arrival of the request past the slowest call, also one that is sent at the last moment, and
 * past the window after it: its owner may die, or not reach the store at the end. ENOUGH: what it has left at the
 * request's deadline. */
#ifndef CLAIM
#define CLAIM (PATIENCE + CALL + WINDOW)
#endif
#ifndef ENOUGH
#define ENOUGH (CLAIM - PATIENCE)
#endif
#ifndef LOSS_WAIT /* how long nobody may claim after the store has lost its memory: until every claim has ended */
#define LOSS_WAIT CLAIM
#endif

#ifndef REQUIRED /* SHARED_STORE_REQUIRED */
#define REQUIRED 1
#endif
#ifndef REQUESTS
#define REQUESTS 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef STORE_EVENTS /* stalls, broken connections and losses of memory, together */
#define STORE_EVENTS 2
#endif
#ifndef LATE_COMMANDS
#define LATE_COMMANDS 0
#endif

#define NOBODY 2

mtype = { NONE, IN_FLIGHT, CLAIMED, OUTCOME, ASK, PUBLISH, RELEASE, WON, HELD, ENDED, NO_REPLY, UNAVAILABLE };
mtype = { OPEN, STALLED, BROKEN };

/* --- the calls --------------------------------------------------------------------------------------------- */

/* Each claim has a number, which is also that of the call that is made with it, and of the outcome. A request that asks
 * again takes another one only if it got no reply: otherwise the earlier claim has left nothing in the store. */
#define NUMBERS 6 /* REQUESTS + STORE_EVENTS at most */

typedef Call {
    byte process; /* that has claimed it */
    bool is_sent; /* Tiki may have the token, and the call has not ended */
    byte left     /* of the window after the call; of the claim, if the process has died in the call */
}
Call call[NUMBERS + 1];
byte numbers;

/* --- the store: one key with its time to live, and the marker ---------------------------------------------- */

mtype key = NONE; /* or CLAIMED or OUTCOME */
byte key_number, key_left;
bool has_marker = true;
byte loss_wait;
byte events;

/* --- the instances ----------------------------------------------------------------------------------------- */

byte process[2] = { 0, 1 }; /* the process that runs: the owner's name in the store. After a crash it is another one. */
byte crashes;

/* The table in the process has one entry, for the token. */
typedef Entry {
    mtype is = NONE; /* or IN_FLIGHT or OUTCOME */
    byte number;
    byte claim_left; /* what its own clock says that the claim has left */
    byte time_left;  /* until the call, or the wait for another instance, must end */
    bool is_timed    /* at time_left 0 it does */
}
Entry entry[2];

/* What the store must still hear. */
typedef Owed {
    mtype is = NONE; /* or PUBLISH or RELEASE */
    byte number;
    bool is_unsent; /* over this connection, which is new: a claim may go first */
    byte left       /* only if OWED_ENDS */
}
Owed owed[2];

/* Each instance has one connection. While it stalls, commands wait in line and are carried out late. Also when it has
 * broken, some of them may be, and nobody hears the reply. */
mtype connection[2] = OPEN;
chan line[2] = [9] of { mtype, byte, byte };

/* --- the phone --------------------------------------------------------------------------------------------- */

byte waits_at = NOBODY;
byte patience;
chan begin[2] = [0] of { bool };

/* --- what is to be true ------------------------------------------------------------------------------------ */

/* A token is protected from its first byte to the end of the call, and then for the window; if its process dies in the
 * call, for the rest of the claim. That the store loses its memory, or cannot be reached at the end of the call, ends
 * nothing. With REQUIRED=0 and a store that fails, each process protects for itself only. */
#define IS_SHARED (REQUIRED || STORE_EVENTS == 0)
#define PROTECTS(n, i) ((call[n].is_sent || call[n].left > 0) && (IS_SHARED || call[n].process == process[i]))
#define IS_PROTECTED(i) \
    (PROTECTS(1, i) || PROTECTS(2, i) || PROTECTS(3, i) || PROTECTS(4, i) || PROTECTS(5, i) || PROTECTS(6, i))

#define SCOPE(i) (IS_SHARED -> 0 : (i))
byte told[2]; /* the outcome that somebody has been told, until its window is over */

/* Never stuck: an instance that reaches the store and finds another's claim there finds it for a reason that will pass:
 *  - that process is in the middle of a call;
 *  - or the call has ended, and what the store must hear of it is on its way: it is just being sent, or that instance's
 *    connection stalls or is broken;
 *  - or that process has died. Its claim lasts until its time is over, since nobody knows whether the token was sent.
 * Without such a reason every repeat would be told `in_progress` until the claim has ended. So this is looked at when a
 * claim is found to be another's, and when `in_progress` is told. */
#define IS_HELD(i) (key == CLAIMED && call[key_number].process != process[i])
#define IS_BUSY(i) (entry[i].is == IN_FLIGHT || owed[i].is != NONE || connection[i] != OPEN)
#ifndef IS_STUCK
#define IS_STUCK(i) \
    (connection[i] == OPEN && IS_HELD(i) && call[key_number].process == process[1 - i] && !IS_BUSY(1 - i))
#endif

/* Tells who waits. 0: an error of which nothing is kept. */
inline tell(i, n) {
    if
    :: waits_at == i ->
        waits_at = NOBODY;
        patience = 0;
        /* An answer given twice is the same one. */
        assert(n == 0 || told[SCOPE(i)] == 0 || told[SCOPE(i)] == n);
        told[SCOPE(i)] = (call[n].left > 0 -> n : told[SCOPE(i)])
    :: else
    fi
}

/* --- what the store does ----------------------------------------------------------------------------------- */

inline empty_key() { key = NONE; key_number = 0; key_left = 0 }

/* The key holds a claim of the process that has sent this command. A later claim than the command's does not count as
 * its own: an old command that comes late must not undo it. */
#define IS_OF_PROCESS(n) (key == CLAIMED && call[key_number].process == call[n].process)
#ifndef IS_OWN
#define IS_OWN(n) (IS_OF_PROCESS(n) && key_number <= n)
#endif
#ifndef MAY_RELEASE
#define MAY_RELEASE(n) IS_OWN(n)
#endif

inline carry_out(command, n, time, reply) {
    if
    :: command == ASK ->
        if :: !has_marker -> has_marker = true; loss_wait = LOSS_WAIT :: else fi;
        if
        :: key == OUTCOME -> reply = ENDED
        :: key == CLAIMED && !IS_OWN(n) -> reply = HELD
        :: (key == NONE || IS_OWN(n)) && REQUIRED && loss_wait > 0 -> reply = UNAVAILABLE
        :: (key == NONE || IS_OWN(n)) && !(REQUIRED && loss_wait > 0) ->
            key = CLAIMED; key_number = n; key_left = time; reply = WON
        fi
    :: command == PUBLISH && (key == NONE || IS_OWN(n) || (key == OUTCOME && key_number == n)) ->
        key = OUTCOME; key_number = n; key_left = WINDOW
    :: command == RELEASE && MAY_RELEASE(n) -> empty_key()
    :: else
    fi
}

/* --- what an instance does --------------------------------------------------------------------------------- */

/* The store stalls, or the connection breaks: just when something is sent, which is the worst case. */
inline interrupt(i) {
    events++;
    if :: owed[i].is != NONE && !owed[i].is_unsent -> line[i]!owed[i].is, owed[i].number, 0 :: else fi;
    if :: connection[i] = STALLED :: connection[i] = BROKEN fi
}

inline owe_nothing(i) { owed[i].is = NONE; owed[i].number = 0; owed[i].is_unsent = false; owed[i].left = 0 }

/* Has the store told, over one connection after the other until it has replied. Nobody waits for it. */
inline owe(i, command, n) {
    owed[i].is = command;
    owed[i].number = n;
    owed[i].is_unsent = false;
#ifdef OWED_ENDS /* broken on purpose: with the claim, by the instance's clock */
    owed[i].left = entry[i].claim_left;
#endif
    if :: connection[i] == STALLED -> line[i]!command, n, 0 :: else fi
}

inline lose_line(i) {
    do
    :: nempty(line[i]) -> line[i]?_, _, _; connection[i] = BROKEN
    :: empty(line[i]) -> break
    od
}

inline end_entry(i) {
    entry[i].is = NONE; entry[i].number = 0;
    entry[i].claim_left = 0; entry[i].time_left = 0; entry[i].is_timed = false
}

/* Nothing is kept: the next request may try. */
inline fail(i) { end_entry(i); tell(i, 0) }

/* Keeps an outcome, its own or one from the store, for the rest of its window, and tells it at once. */
#ifndef MAY_KEEP
#define MAY_KEEP(n, i) true
#endif
inline keep(i, n) {
    end_entry(i);
    if :: call[n].left > 0 && MAY_KEEP(n, i) -> entry[i].is = OUTCOME; entry[i].number = n :: else fi;
    tell(i, n)
}

inline take_number(i) { numbers++; n = numbers; entry[i].number = n; call[n].process = process[i] }

/* The process is gone with its table, and another is started. nginx answers who waits. The claim is left to expire. */
inline die(i) {
    crashes++;
    n = entry[i].number;
    if :: call[n].is_sent -> call[n].is_sent = false; call[n].left = (IS_SHARED -> entry[i].claim_left : 0) :: else fi;
    fail(i);
    told[i] = (IS_SHARED -> told[i] : 0);
    owe_nothing(i);
    connection[i] = (connection[i] == OPEN -> OPEN : BROKEN);
#ifndef SAME_OWNER /* broken on purpose: the name is the instance's */
    process[i] = 1 + crashes
#endif
}

#define AND_WAIT n = 0; reply = 0; was_held = false; goto end_idle

proctype Instance(byte i) {
    byte n, time;
    mtype reply;
    bool was_held; /* by another: this request sends only if it wins the claim later */

end_idle:
    atomic {
        if
        :: begin[i]?_ -> take_number(i)
        :: crashes < CRASHES && (entry[i].is == OUTCOME || owed[i].is != NONE) -> die(i); AND_WAIT
        fi;

claim:
        if
        :: connection[i] == OPEN && (owed[i].is == NONE || owed[i].is_unsent) && !(was_held && IS_HELD(i)) ->
            time = entry[i].claim_left;
            carry_out(ASK, n, time, reply);
            time = 0
        :: connection[i] == OPEN && events < STORE_EVENTS ->
            /* No reply: the claim is lost, or carried out late. If nothing is to be sent, it must be released. */
            reply = NO_REPLY;
            interrupt(i);
            line[i]!ASK, n, entry[i].claim_left;
            if :: REQUIRED || was_held -> owe(i, RELEASE, n) :: else fi;
            if :: was_held -> take_number(i) :: else fi
        :: connection[i] != OPEN -> reply = NO_REPLY /* It knows that, and does not ask. */
        fi;
        if
        :: reply == WON || (reply == NO_REPLY && !was_held && !REQUIRED) -> entry[i].is_timed = false
        :: reply == HELD || (reply == NO_REPLY && was_held) ->
            assert(!IS_STUCK(i));
            reply = 0;
            was_held = true;
            goto held
        :: reply == ENDED -> n = key_number; keep(i, n); AND_WAIT
        :: reply == UNAVAILABLE || (reply == NO_REPLY && !was_held && REQUIRED) -> fail(i); AND_WAIT /* 503 */
        fi
    };

    /* It waits for a connection to Tiki: as long as it likes, and somebody else may have the token by then. */
    atomic {
        if
        :: entry[i].claim_left >= ENOUGH ->
            /* The first byte. Never two sends of one token while it is protected. */
            assert(!IS_PROTECTED(i));
            call[n].is_sent = true;
            entry[i].time_left = CALL;
            entry[i].is_timed = true
        :: true -> owe(i, RELEASE, n); fail(i); AND_WAIT /* nothing was sent */
        :: crashes < CRASHES -> die(i); AND_WAIT
        fi
    };

    /* Tiki has it. The answer comes in time, late, or not at all. What it means for the token: */
    atomic {
        if
        :: true ->
            /* Settled, by an answer; or in doubt, and Tiki may have used the token: the 503 or 5xx of a gateway that
             * has lost the answer, cut off, no answer in time. Whatever the app gets now, it gets again. */
            call[n].is_sent = false;
            call[n].left = WINDOW;
            owe(i, PUBLISH, n);
            keep(i, n)
        :: true ->
            /* Free: a 4xx, or a 503 with Retry-After. Tiki has not used it. */
            call[n].is_sent = false;
#ifdef FREE_ON_5XX /* broken on purpose: it has */
            call[n].left = WINDOW;
#endif
            owe(i, RELEASE, n);
            fail(i)
        :: crashes < CRASHES -> die(i)
        fi;
        AND_WAIT
    };

held:
    /* Another has it. Asks again and again, until its own deadline. (While it is held, asking changes nothing.) */
    atomic {
        if
        :: connection[i] == OPEN && (!IS_HELD(i) || events < STORE_EVENTS) -> goto claim
#ifndef ENDLESS_POLL /* broken on purpose */
        :: entry[i].time_left == 0 -> assert(!IS_STUCK(i)); fail(i) /* 503 in_progress */
#endif
        :: crashes < CRASHES -> die(i)
        fi;
        AND_WAIT
    }
}

/* An instance's connection, and what the store does with what comes over it. */
proctype Connection(byte i) {
    mtype command, reply;
    byte n, time;

end_connection:
    do
    :: atomic {
        connection[i] == OPEN && owed[i].is != NONE ->
            command = owed[i].is;
            n = owed[i].number;
            if
            :: carry_out(command, n, time, reply); owe_nothing(i)
            :: events < STORE_EVENTS -> owed[i].is_unsent = false; interrupt(i)
            fi;
            command = 0; n = 0
        }
    :: atomic {
        (connection[i] != OPEN || LATE_COMMANDS) && nempty(line[i]) ->
            line[i]?command, n, time;
            carry_out(command, n, time, reply);
            if :: connection[i] == STALLED && owed[i].is == command && owed[i].number == n -> owe_nothing(i) :: else fi;
            command = 0; n = 0; time = 0; reply = 0
        }
    :: atomic { connection[i] == STALLED && empty(line[i]) -> connection[i] = OPEN }
    :: atomic { connection[i] == STALLED -> connection[i] = BROKEN }
    :: atomic {
        connection[i] == BROKEN ->
            if :: !LATE_COMMANDS -> lose_line(i) :: else fi;
#ifdef TOLD_ONCE /* broken on purpose: what was owed is not sent again */
            if :: owed[i].is == TOLD_ONCE -> owe_nothing(i) :: else fi;
#endif
            owed[i].is_unsent = (owed[i].is != NONE);
            connection[i] = OPEN
        }
    od
}

/* The store loses its memory. */
proctype Loss() {
end_loss:
    do
    :: atomic {
        events < STORE_EVENTS && (key != NONE || loss_wait > 0) ->
            events++;
            empty_key();
#ifndef SILENT_LOSS /* what the assumptions exclude */
            has_marker = false;
            loss_wait = 0;
            lose_line(0);
            lose_line(1)
#endif
        }
    od
}

/* Asks for the same token again and again, here or there, whether it has been told or not. */
proctype Phone() {
    byte i, n, requests;

end_phone:
    do
    :: atomic {
        requests < REQUESTS ->
            requests++;
            if
            :: i = 0
            :: requests > 1 -> i = 1 /* which one is asked first makes no difference */
            fi;
            waits_at = i;
            patience = PATIENCE;
            if
            :: entry[i].is == OUTCOME -> n = entry[i].number; tell(i, n); n = 0
            :: entry[i].is == IN_FLIGHT
            :: entry[i].is == NONE ->
                entry[i].is = IN_FLIGHT;
                entry[i].claim_left = CLAIM;
                entry[i].time_left = PATIENCE;
                entry[i].is_timed = true;
                begin[i]!true
            fi;
            i = 0
        }
    :: atomic { waits_at != NOBODY && patience == 0 -> waits_at = NOBODY } /* 504 */
    od
}

/* --- time -------------------------------------------------------------------------------------------------- */

#define IS_DUE_AT(i) ((entry[i].is_timed && entry[i].time_left == 0) || (connection[i] == OPEN && owed[i].is != NONE))
#define IS_DUE (IS_DUE_AT(0) || IS_DUE_AT(1) || (waits_at != NOBODY && patience == 0))
#define IS_COUNTING_AT(i) (entry[i].time_left > 0 || entry[i].claim_left > 0 || owed[i].left > 0)
#define IS_COUNTING (IS_COUNTING_AT(0) || IS_COUNTING_AT(1) || key_left > 0 || loss_wait > 0 || patience > 0 \
    || call[1].left > 0 || call[2].left > 0 || call[3].left > 0 || call[4].left > 0 || call[5].left > 0 \
    || call[6].left > 0)
#define COUNT_DOWN(timer) timer = (timer > 0 -> timer - 1 : 0)

inline count_down(i) {
    COUNT_DOWN(entry[i].time_left);
    COUNT_DOWN(entry[i].claim_left);
    if :: entry[i].is == OUTCOME && call[entry[i].number].left == 0 -> end_entry(i) :: else fi;
    told[i] = (call[told[i]].left > 0 -> told[i] : 0);
    if
#ifdef OWED_ENDS
    :: owed[i].is != NONE && owed[i].left <= 1 -> owe_nothing(i)
#else
    /* Nobody may be told it any more. The claim, if it is still there, must go: it outlives the window. */
    :: owed[i].is == PUBLISH && call[owed[i].number].left == 0 ->
#ifdef PUBLISH_ENDS /* broken on purpose */
        owe_nothing(i)
#else
        owed[i].is = RELEASE
#endif
#endif
    :: else -> COUNT_DOWN(owed[i].left)
    fi
}

proctype Clock() {
    byte n;

end_clock:
    do
    :: d_step {
        !IS_DUE && IS_COUNTING ->
            COUNT_DOWN(patience);
            COUNT_DOWN(loss_wait);
            COUNT_DOWN(key_left);
            if :: key_left == 0 -> empty_key() :: else fi;
            for (n : 1 .. NUMBERS) { COUNT_DOWN(call[n].left) }
            n = 0;
            count_down(0);
            count_down(1)
        };
progress: skip
    od
}

init {
    atomic {
        run Instance(0); run Instance(1);
        run Connection(0); run Connection(1);
        run Loss(); run Phone(); run Clock()
    }
}
