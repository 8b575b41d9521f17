/*
 * One token, two instances of the backend, the store that they share, and a phone that repeats its request.
 *
 * Run by test_model.py, which says what must hold and which broken variants must fail.
 *
 * Time goes in steps. A step stands for about ten seconds, and what takes less than a second takes none: a command to
 * the store, the write to Tiki after the look at the clock, telling those who wait. Everything else may take as long as
 * it likes, as in a process that the kernel does not run. Time does not go on while something is due, so a wait that
 * nobody ends stops the clock for ever, which Spin reports as an invalid end state.
 *
 * Assumed:
 *  - All clocks run at the same speed. They need not show the same time.
 *  - Between the look at its clock and its first byte to Tiki an instance loses no more than the spare second.
 *  - A store that has lost some of its memory shows it by its marker. (-DSILENT_LOSS: it does not. That is not covered.)
 */

/* --- how long things take, in steps: the program's settings in their proportions --------------------------- */

#define PATIENCE 1 /* REQUEST_TIMEOUT: how long a request waits, and how long after its claim a call may be sent */
#define CALL     3 /* LATE_ANSWER_TIMEOUT: from the first byte to the end of the call */
#define WINDOW   6 /* REPLAY_WINDOW: from the end of the call to the end of its entry */

/* A claim outlives the slowest call, also one that is sent at the last moment, and the window after it: its owner may die,
 * or find the store gone at the end. ENOUGH: what it must have left when the call begins. */
#ifndef CLAIM
#define CLAIM (PATIENCE + CALL + 1 + WINDOW)
#endif
#ifndef ENOUGH
#define ENOUGH (CLAIM - PATIENCE)
#endif

/* How long nobody may claim after the store has lost its memory: until every claim has ended. */
#ifndef LOSS_WAIT
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
#ifndef STORE_EVENTS
#define STORE_EVENTS 2
#endif

#define NOBODY 2

mtype = { NONE, CLAIMED, IN_FLIGHT, ANSWER, UNKNOWN };

/* --- the store: one key with its time to live, and the marker ---------------------------------------------- */

bool is_up = true;
mtype key = NONE;
byte key_left;
byte owner;       /* of a claim */
byte kept_answer; /* of an answer */
bool has_marker = true;
byte loss_wait;

/* --- the instances: the table in each process has one entry, for the token --------------------------------- */

typedef Entry {
    mtype is = NONE;
    byte left;       /* time until it expires */
    byte answer;
    byte call_left;  /* time until its call must end */
    byte claim_left; /* what its own clock says that its claim has left */
    bool has_call;   /* a call is under way, and the entry is IN_FLIGHT */
    bool is_timed;   /* at call_left 0 the call ends */
    bool is_sent;    /* Tiki has the token */
}
Entry entry[2];

/* --- the phone --------------------------------------------------------------------------------------------- */

byte waits_at = NOBODY;
byte patience;

/* --- what is to be true ------------------------------------------------------------------------------------ */

/* A token is protected from its first byte to the end of the call, and then for the window; if its instance dies, for
 * the rest of the claim. That the store loses its memory, or is away at the end of the call, ends nothing.
 * With REQUIRED=0 each process protects for itself only. */
#define SCOPE(i) (REQUIRED -> 0 : (i))
#define IS_SENT(scope) (entry[scope].is_sent || (REQUIRED && entry[1].is_sent))

byte protected_left[2];
byte sends[2]; /* while it is protected */
byte told[2];  /* the answer that has been told while it is protected */

byte calls;    /* so far: each has a number of its own, which stands for its owner and for its answer */
byte crashes;

inline forget_protection(scope) {
    protected_left[scope] = 0;
    sends[scope] = 0;
    told[scope] = 0
}

/* Tells who waits. 0: an error. */
inline tell(i, what) {
    if
    :: waits_at == i ->
        waits_at = NOBODY;
        if
        :: what != 0 && protected_left[SCOPE(i)] > 0 ->
            /* An answer given twice is the same one. */
            assert(told[SCOPE(i)] == 0 || told[SCOPE(i)] == what);
            told[SCOPE(i)] = what
        :: else
        fi
    :: else
    fi
}

/* The call is over, and nothing is kept of it: the next request may try. */
inline end_call(i) {
    entry[i].is = NONE;
    entry[i].has_call = false;
    entry[i].is_timed = false;
    entry[i].is_sent = false;
    entry[i].call_left = 0;
    entry[i].claim_left = 0
}

/* The call is over, and its token may not be sent again. The store first, if it can be reached, then those who wait. */
inline keep(i, outcome, value, self) {
    if
    :: is_up && (key == NONE || owner == self) ->
        key = outcome;
        key_left = WINDOW;
        kept_answer = value;
        owner = 0
    :: else
    fi;
    protected_left[SCOPE(i)] = WINDOW;
    end_call(i);
    entry[i].is = outcome;
    entry[i].left = WINDOW;
    entry[i].answer = value;
    tell(i, value)
}

/* Nothing was sent, or Tiki has done nothing: gives the claim back. */
inline give_back(i, self) {
    if
#ifdef BLIND_DELETE /* broken on purpose */
    :: is_up -> key = NONE; key_left = 0; owner = 0
#else
    :: is_up && key == CLAIMED && owner == self -> key = NONE; key_left = 0; owner = 0
#endif
    :: else
    fi;
    end_call(i);
    tell(i, 0)
}

proctype Instance(byte i) {
    byte me;

end_idle:
    atomic {
        entry[i].has_call ->
        calls++;
        me = calls
    };

claim:
    atomic {
        if
        :: is_up && REQUIRED && !has_marker ->
            /* It has lost its memory: whatever it knew may still be on its way. 503. */
            has_marker = true;
            loss_wait = LOSS_WAIT;
            end_call(i); tell(i, 0); goto end_idle
        :: is_up && REQUIRED && has_marker && loss_wait > 0 -> end_call(i); tell(i, 0); goto end_idle
        :: is_up && (!REQUIRED || (has_marker && loss_wait == 0)) ->
            if
            :: key == NONE ->
                key = CLAIMED; key_left = CLAIM; owner = me;
                if
                :: true -> entry[i].claim_left = CLAIM
                :: true -> /* The reply is lost, or late: a claim that nobody has. 503. */
                    if
                    :: REQUIRED -> end_call(i); tell(i, 0); goto end_idle
                    :: else -> entry[i].claim_left = CLAIM
                    fi
                fi
            :: key == ANSWER -> me = kept_answer; end_call(i); tell(i, me); me = 0; goto end_idle
            :: key == UNKNOWN -> end_call(i); tell(i, 0); goto end_idle
            :: key == CLAIMED -> entry[i].call_left = PATIENCE; entry[i].is_timed = true; goto poll
            fi
        :: !is_up && REQUIRED -> end_call(i); tell(i, 0); goto end_idle /* 503 */
        :: !is_up && !REQUIRED -> entry[i].claim_left = CLAIM          /* alone, as without a store */
        fi
    };

    /* It waits for a connection to Tiki: as long as it likes, and somebody else may have the token by then. */
    atomic {
        if
#ifdef NO_LOOK_AT_THE_CLOCK /* broken on purpose */
        :: true ->
#else
        :: entry[i].claim_left >= ENOUGH ->
#endif
            /* The first byte. Never two sends of one token while it is protected. */
            sends[SCOPE(i)]++;
            assert(sends[SCOPE(i)] == 1);
            protected_left[SCOPE(i)] = (REQUIRED -> entry[i].claim_left : CALL);
            entry[i].call_left = CALL;
            entry[i].is_timed = true;
            entry[i].is_sent = true
        :: give_back(i, me); goto end_idle
        :: crashes < CRASHES -> goto crash
        fi
    };

    /* Tiki has it. The answer comes in time, late, or not at all. */
    atomic {
        if
        :: true -> keep(i, ANSWER, me, me)
        :: true -> keep(i, UNKNOWN, 0, me)                /* cut off */
        :: entry[i].call_left == 0 -> keep(i, UNKNOWN, 0, me)
        :: true ->                                        /* 429 or 503: nothing was done, the token is as good as before */
            forget_protection(SCOPE(i));
            give_back(i, me)
        :: crashes < CRASHES -> goto crash
        fi;
        goto end_idle
    };

poll:
    /* Somebody has it: this request never sends, and waits no longer than its own time. */
    atomic {
        if
        :: is_up && key == ANSWER -> me = kept_answer; end_call(i); tell(i, me); me = 0
        :: is_up && key == UNKNOWN -> end_call(i); tell(i, 0)
#ifndef ENDLESS_POLL /* broken on purpose */
        :: entry[i].call_left == 0 -> end_call(i); tell(i, 0) /* 503 in_progress */
#endif
        :: crashes < CRASHES -> goto crash
        fi;
        goto end_idle
    };

crash:
    /* The process is gone with its table, and started again. nginx answers who waits. The claim is left to expire. */
    atomic {
        crashes++;
        end_call(i);
        tell(i, 0);
        if
        :: REQUIRED
        :: else -> forget_protection(SCOPE(i))
        fi;
        me = 0;
        goto end_idle
    }
}

/* Asks for the same token again and again, here or there, and does not always wait for the answer. */
proctype Phone() {
    byte i;
    byte requests;

    do
    :: requests < REQUESTS ->
        atomic {
            requests++;
            if
            :: i = 0
            :: i = 1
            fi;
            waits_at = i;
            if
            :: entry[i].is == ANSWER -> tell(i, entry[i].answer)
            :: entry[i].is == UNKNOWN -> tell(i, 0)
            :: entry[i].is == IN_FLIGHT -> patience = PATIENCE
            :: entry[i].is == NONE ->
                patience = PATIENCE;
                entry[i].is = IN_FLIGHT;
                entry[i].has_call = true
            fi
        };
        atomic {
            if
            :: waits_at == NOBODY                      /* it has been told */
            :: waits_at != NOBODY                      /* it has lost the network, and does not wait */
            :: waits_at != NOBODY && patience == 0     /* 504 */
            fi;
            waits_at = NOBODY;
            patience = 0
        }
    :: else -> break
    od
}

/* Goes away, and comes back with what it knew or without. */
proctype Store() {
    byte events;

end_store:
    do
    :: atomic {
        events < STORE_EVENTS ->
            events++;
            if
            :: is_up -> is_up = false
            :: !is_up -> is_up = true
            :: !is_up ->
                is_up = true;
                has_marker = false; loss_wait = 0;
                key = NONE; key_left = 0; owner = 0; kept_answer = 0
#ifdef SILENT_LOSS /* what the assumptions exclude */
            :: is_up -> key = NONE; key_left = 0; owner = 0; kept_answer = 0
#endif
            fi
        }
    od
}

#define IS_DUE ((waits_at != NOBODY && patience == 0) || (entry[0].is_timed && entry[0].call_left == 0) \
    || (entry[1].is_timed && entry[1].call_left == 0))
#define IS_COUNTING (key_left > 0 || loss_wait > 0 || patience > 0 || protected_left[0] > 0 || protected_left[1] > 0 \
    || entry[0].left > 0 || entry[0].call_left > 0 || entry[0].claim_left > 0 \
    || entry[1].left > 0 || entry[1].call_left > 0 || entry[1].claim_left > 0)
#define COUNT_DOWN(timer) timer = (timer > 0 -> timer - 1 : 0)

inline count_down(i) {
    COUNT_DOWN(entry[i].call_left);
    COUNT_DOWN(entry[i].claim_left);
    COUNT_DOWN(entry[i].left);
    if
    :: entry[i].left == 0 && (entry[i].is == ANSWER || entry[i].is == UNKNOWN) ->
        entry[i].is = NONE;
        entry[i].answer = 0
    :: else
    fi;
    COUNT_DOWN(protected_left[i])
}

inline end_protection(i) {
    if
    :: protected_left[i] == 0 && !IS_SENT(i) -> forget_protection(i)
    :: else
    fi
}

proctype Clock() {
end_clock:
    do
    :: d_step {
        !IS_DUE && IS_COUNTING ->
            COUNT_DOWN(patience);
            COUNT_DOWN(loss_wait);
            COUNT_DOWN(key_left);
            if
            :: key_left == 0 -> key = NONE; owner = 0; kept_answer = 0
            :: else
            fi;
            count_down(0);
            count_down(1);
            end_protection(0);
            end_protection(1)
        };
progress: skip
    od
}

init {
    atomic {
        run Instance(0);
        run Instance(1);
        run Phone();
        run Store();
        run Clock()
    }
}
