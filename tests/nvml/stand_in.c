/* NVIDIA's libnvidia-ml.so.1, as far as gpuhost, workloads, gpustat, nvitop and nvtop call it, for computers without a card.
 *
 * It answers from a text file: $NVML_STAND_IN, or /etc/nvml-stand-in, which is read anew as soon as it has changed. A line is
 * `init code <code>`, or `<card> <key> <value>` with cards counted from 0; of two lines with the same key the first counts.
 * `<card> error.<key> <code>` makes the call for that key fail, `<card> lost <code>` every call for the card. What the file does not say
 * is not supported. Signatures and codes are those of NVIDIA's nvml.h.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SUCCESS = 0,
    INVALID_ARGUMENT = 2,
    NOT_SUPPORTED = 3,
    NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7,
    DRIVER_NOT_LOADED = 9
};
enum { LINE = 512 };

typedef int nvmlReturn_t;
typedef struct nvmlDevice *nvmlDevice_t; /* the card's number, plus one; of a MIG instance, plus MIG times its number plus one */
typedef struct {
    unsigned long long total, free, used;
} nvmlMemory_t;
typedef struct {
    unsigned int version;
    unsigned long long total, reserved, free, used;
} nvmlMemory_v2_t;

/* The file as it was when it was last read, sorted by subject and key. A call costs a stat() and a search, as a driver's call costs an
 * ioctl(); to read a file of eight cards at each of two hundred calls would cost more than what is measured. */
struct line {
    const char *subject, *key, *value;
    size_t number;
};
static struct {
    pthread_mutex_t lock;
    int there;
    struct stat seen;
    char *text;
    struct line *lines;
    size_t count;
} file = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int by_name(const void *one, const void *other)
{
    const struct line *a = one, *b = other;
    int order = strcmp(a->subject, b->subject);

    if (!order)
        order = strcmp(a->key, b->key);
    if (!order)
        order = (a->number > b->number) - (a->number < b->number);
    return order;
}

/* A word of the line, cut off behind it; what follows becomes the line. */
static char *word(char **line)
{
    char *begin = *line + strspn(*line, " \t"), *end = begin + strcspn(begin, " \t");

    *line = end + (*end != '\0');
    *end = '\0';
    return begin;
}

static void read_lines(FILE *stream, size_t size)
{
    char *rest, *line;

    free(file.text);
    free(file.lines);
    file.text = calloc(size + 1, 1);
    file.text[fread(file.text, 1, size, stream)] = '\0';
    file.count = 0;
    for (char *each = file.text; *each; each++)
        file.count += *each == '\n';
    file.lines = calloc(file.count + 1, sizeof *file.lines);
    file.count = 0;
    for (rest = file.text; (line = strsep(&rest, "\n"));) {
        struct line *found = &file.lines[file.count];

        found->subject = word(&line);
        found->key = word(&line);
        found->value = line + strspn(line, " \t");
        found->number = file.count;
        file.count += *found->key != '\0';
    }
    qsort(file.lines, file.count, sizeof *file.lines, by_name);
}

/* Whether the file is there; it has been read. The lock is held. */
static int is_there(void)
{
    const char *path = getenv("NVML_STAND_IN");
    struct stat now;
    FILE *stream;

    if (!path)
        path = "/etc/nvml-stand-in";
    if (stat(path, &now) != 0)
        return file.there = 0;
    if (file.there && now.st_ino == file.seen.st_ino && now.st_size == file.seen.st_size &&
        now.st_mtim.tv_sec == file.seen.st_mtim.tv_sec && now.st_mtim.tv_nsec == file.seen.st_mtim.tv_nsec)
        return 1;
    stream = fopen(path, "r");
    if (!stream)
        return file.there = 0;
    read_lines(stream, (size_t)now.st_size);
    fclose(stream);
    file.seen = now;
    return file.there = 1;
}

static int file_is_there(void)
{
    int there;

    pthread_mutex_lock(&file.lock);
    there = is_there();
    pthread_mutex_unlock(&file.lock);
    return there;
}

/* Copy what the file says under `subject key`; SUCCESS, NOT_SUPPORTED where it says nothing. */
static nvmlReturn_t said(const char *subject, const char *key, char value[LINE])
{
    nvmlReturn_t result = NOT_SUPPORTED;
    size_t low = 0, high;

    pthread_mutex_lock(&file.lock);
    high = is_there() ? file.count : 0;
    while (low < high) { /* the first of those that are not before it */
        size_t middle = (low + high) / 2;
        struct line wanted = {.subject = subject, .key = key};

        if (by_name(&file.lines[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (file.there && low < file.count && !strcmp(file.lines[low].subject, subject) && !strcmp(file.lines[low].key, key)) {
        snprintf(value, LINE, "%s", file.lines[low].value);
        result = SUCCESS;
    }
    pthread_mutex_unlock(&file.lock);
    return result;
}

/* `init hang <anything>`: the driver does not answer until the file says it no more. */
static void hang(void)
{
    char value[LINE];

    while (said("init", "hang", value) == SUCCESS)
        usleep(20000);
}

/* Of the library as a whole: what `init code` says, also once it was initialised. */
static nvmlReturn_t driver(void)
{
    char value[LINE];

    hang();
    if (!file_is_there())
        return DRIVER_NOT_LOADED;
    return said("init", "code", value) == SUCCESS ? atoi(value) : SUCCESS;
}

static nvmlReturn_t asked(nvmlDevice_t device, const char *key, char value[LINE])
{
    char card[32], fault[64];

    snprintf(card, sizeof card, "%zu", (size_t)device - 1);
    snprintf(fault, sizeof fault, "error.%s", key);
    if (said(card, "lost", value) == SUCCESS || said(card, fault, value) == SUCCESS)
        return atoi(value);
    return said(card, key, value);
}

/* A MIG instance: `<card> mig.<number> <gpu instance> <compute instance> <bytes> <bytes used> <uuid> <profile>`. */
enum { MIG = 256, MOST_INSTANCES = 7 };
struct instance {
    unsigned int gpu, compute;
    unsigned long long total, used;
    char uuid[80], profile[64];
};

static nvmlDevice_t card_of(nvmlDevice_t device)
{
    return (nvmlDevice_t)(((size_t)device - 1) % MIG + 1);
}

static nvmlReturn_t asked_instance(nvmlDevice_t device, struct instance *found)
{
    char key[32], value[LINE];
    size_t number = ((size_t)device - 1) / MIG;
    nvmlReturn_t result;

    if (!number)
        return INVALID_ARGUMENT;
    snprintf(key, sizeof key, "mig.%zu", number - 1);
    result = asked(card_of(device), key, value);
    if (result == SUCCESS && sscanf(value, "%u %u %llu %llu %79s %63s", &found->gpu, &found->compute, &found->total,
                                    &found->used, found->uuid, found->profile) != 6)
        return INVALID_ARGUMENT;
    return result == NOT_SUPPORTED ? NOT_FOUND : result;
}

static nvmlReturn_t copied(const char *value, char *text, unsigned int length)
{
    if (strlen(value) >= length)
        return INSUFFICIENT_SIZE;
    strcpy(text, value);
    return SUCCESS;
}

static nvmlReturn_t asked_number(nvmlDevice_t device, const char *key, unsigned long long *number)
{
    char value[LINE];
    nvmlReturn_t result = asked(device, key, value);

    if (result == SUCCESS)
        *number = strtoull(value, NULL, 10);
    return result;
}

static nvmlReturn_t asked_unsigned(nvmlDevice_t device, const char *key, unsigned int *number)
{
    unsigned long long value;
    nvmlReturn_t result = asked_number(device, key, &value);

    if (result == SUCCESS)
        *number = (unsigned int)value;
    return result;
}

nvmlReturn_t nvmlInit_v2(void)
{
    return driver();
}

nvmlReturn_t nvmlShutdown(void)
{
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *address, nvmlDevice_t *device)
{
    unsigned int wanted[4], seen[4];
    char value[LINE];

    if (sscanf(address, "%x:%x:%x.%x", &wanted[0], &wanted[1], &wanted[2], &wanted[3]) != 4)
        return INVALID_ARGUMENT;
    for (size_t card = 1;; card++) {
        nvmlReturn_t result = asked((nvmlDevice_t)card, "address", value);
        if (result == NOT_SUPPORTED)
            return NOT_FOUND; /* there are no more cards */
        if (result == SUCCESS && sscanf(value, "%x:%x:%x.%x", &seen[0], &seen[1], &seen[2], &seen[3]) == 4 &&
            !memcmp(wanted, seen, sizeof wanted)) {
            *device = (nvmlDevice_t)card;
            return SUCCESS;
        }
    }
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length)
{
    struct instance part;
    char value[LINE], whole[2 * LINE];
    nvmlReturn_t result = asked(card_of(device), "name", value);

    if (result != SUCCESS || card_of(device) == device)
        return result == SUCCESS ? copied(value, name, length) : result;
    result = asked_instance(device, &part);
    snprintf(whole, sizeof whole, "%s MIG %s", value, part.profile);
    return result == SUCCESS ? copied(whole, name, length) : result;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory)
{
    struct instance part;
    nvmlReturn_t result;

    if (card_of(device) != device) {
        result = asked_instance(device, &part);
        memory->total = part.total;
        memory->used = part.used;
    } else {
        result = asked_number(device, "memory", &memory->total);
        if (asked_number(device, "memory_used", &memory->used) != SUCCESS)
            memory->used = 0;
    }
    memory->free = memory->total - memory->used;
    return result;
}

nvmlReturn_t nvmlDeviceGetPowerManagementLimit(nvmlDevice_t device, unsigned int *milliwatts)
{
    return asked_unsigned(device, "power_limit", milliwatts);
}

nvmlReturn_t nvmlDeviceGetPowerManagementDefaultLimit(nvmlDevice_t device, unsigned int *milliwatts)
{
    return asked_unsigned(device, "power_default", milliwatts);
}

/* From here on, what pynvml calls. */

typedef struct {
    char busIdLegacy[16];
    unsigned int domain, bus, device, pciDeviceId, pciSubSystemId;
    char busId[32];
} nvmlPciInfo_t;
typedef struct {
    unsigned int gpu, memory;
} nvmlUtilization_t;
typedef struct {
    unsigned long long referenceTime, violationTime;
} nvmlViolationTime_t;
typedef struct {
    unsigned int pid;
    unsigned long long usedGpuMemory;
    unsigned int gpuInstanceId, computeInstanceId;
} nvmlProcessInfo_t;
typedef struct {
    nvmlDevice_t device;
    unsigned long long eventType, eventData;
    unsigned int gpuInstanceId, computeInstanceId;
} nvmlEventData_t;

nvmlReturn_t nvmlInitWithFlags(unsigned int flags)
{
    (void)flags;
    return nvmlInit_v2();
}

const char *nvmlErrorString(nvmlReturn_t code)
{
    switch (code) {
    case NOT_SUPPORTED:
        return "Not Supported";
    case DRIVER_NOT_LOADED:
        return "Driver Not Loaded";
    case INVALID_ARGUMENT:
        return "Invalid Argument";
    case NOT_FOUND:
        return "Not Found";
    case INSUFFICIENT_SIZE:
        return "Insufficient Size";
    case 4:
        return "Insufficient Permissions";
    case 16:
        return "GPU requires restart";
    case 15:
        return "GPU is lost";
    case 18:
        return "Driver/library version mismatch";
    default:
        return "Unknown Error";
    }
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int length)
{
    char value[LINE];
    nvmlReturn_t result = said("init", "driver", value);

    return result == SUCCESS ? copied(value, version, length) : result;
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count)
{
    char value[LINE];

    for (*count = 0; asked((nvmlDevice_t)(size_t)(*count + 1), "address", value) != NOT_SUPPORTED; ++*count)
        ;
    return driver();
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device)
{
    char value[LINE];

    *device = (nvmlDevice_t)(size_t)(index + 1);
    if (index >= MIG || asked(*device, "address", value) == NOT_SUPPORTED)
        return INVALID_ARGUMENT;
    return asked(*device, "address", value);
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length)
{
    char value[LINE];
    struct instance part;
    nvmlReturn_t result;

    if (card_of(device) != device) {
        result = asked_instance(device, &part);
        return result == SUCCESS ? copied(part.uuid, uuid, length) : result;
    }
    result = asked(device, "uuid", value);
    return result == SUCCESS ? copied(value, uuid, length) : result;
}

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    char value[LINE];
    unsigned int function;
    nvmlReturn_t result = asked(device, "address", value);

    memset(pci, 0, sizeof *pci);
    if (result != SUCCESS)
        return result;
    if (sscanf(value, "%x:%x:%x.%x", &pci->domain, &pci->bus, &pci->device, &function) != 4)
        return INVALID_ARGUMENT;
    snprintf(pci->busId, sizeof pci->busId, "%08X:%02X:%02X.%X", pci->domain, pci->bus, pci->device, function);
    snprintf(pci->busIdLegacy, sizeof pci->busIdLegacy, "%04hX:%02hhX:%02hhX.%1hhX", (unsigned short)pci->domain,
             (unsigned char)pci->bus, (unsigned char)pci->device, (unsigned char)(function & 7));
    return SUCCESS;
}

#define ASKED_UNSIGNED(function, key)                                                                                    \
    nvmlReturn_t function(nvmlDevice_t device, unsigned int *number)                                                     \
    {                                                                                                                    \
        return asked_unsigned(device, key, number);                                                                      \
    }
/* Only where the file has `memory_reserved`, in bytes: drivers before 510 do not know the call. `memory_used` holds it too. */
nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory)
{
    nvmlMemory_t whole;
    nvmlReturn_t result = asked_number(device, "memory_reserved", &memory->reserved);

    if (result == SUCCESS)
        result = nvmlDeviceGetMemoryInfo(device, &whole);
    if (result != SUCCESS)
        return result;
    memory->total = whole.total;
    memory->free = whole.free;
    memory->used = whole.used - memory->reserved;
    return SUCCESS;
}

ASKED_UNSIGNED(nvmlDeviceGetPowerUsage, "power")
ASKED_UNSIGNED(nvmlDeviceGetCurrPcieLinkWidth, "pcie_width")
ASKED_UNSIGNED(nvmlDeviceGetMaxPcieLinkWidth, "pcie_width_max")
ASKED_UNSIGNED(nvmlDeviceGetCurrPcieLinkGeneration, "pcie_generation")
ASKED_UNSIGNED(nvmlDeviceGetMaxPcieLinkGeneration, "pcie_generation_max")
ASKED_UNSIGNED(nvmlDeviceGetPcieReplayCounter, "pcie_replays")
ASKED_UNSIGNED(nvmlDeviceGetPersistenceMode, "persistence_mode")
ASKED_UNSIGNED(nvmlDeviceGetRetiredPagesPendingStatus, "page_retirement_pending")

/* One that is asked with a number: `<key>.<number>` in the file. */
static nvmlReturn_t asked_of(nvmlDevice_t device, const char *key, unsigned int which, unsigned long long *number)
{
    char numbered[64];

    snprintf(numbered, sizeof numbered, "%s.%u", key, which);
    return asked_number(device, numbered, number);
}

#define ASKED_OF(function, key)                                                                                          \
    nvmlReturn_t function(nvmlDevice_t device, unsigned int which, unsigned int *number)                                 \
    {                                                                                                                    \
        unsigned long long value;                                                                                        \
        nvmlReturn_t result = asked_of(device, key, which, &value);                                                      \
        if (result == SUCCESS)                                                                                           \
            *number = (unsigned int)value;                                                                               \
        return result;                                                                                                   \
    }
ASKED_OF(nvmlDeviceGetClockInfo, "clock")
ASKED_OF(nvmlDeviceGetMaxClockInfo, "clock_max")
ASKED_OF(nvmlDeviceGetTemperature, "temperature")
ASKED_OF(nvmlDeviceGetTemperatureThreshold, "temperature_threshold")
ASKED_OF(nvmlDeviceGetNvLinkState, "nvlink")

nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t device, unsigned long long *reasons)
{
    return asked_number(device, "throttle_reasons", reasons);
}

nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t device, unsigned int *now, unsigned int *next)
{
    nvmlReturn_t result = asked_unsigned(device, "ecc_mode", now);

    *next = *now;
    return result;
}

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int *now, unsigned int *next)
{
    nvmlReturn_t result = asked_unsigned(device, "mig_mode", now);

    *next = *now;
    return result;
}

/* `ecc.<error type>.<counter type>` */
nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t device, unsigned int type, unsigned int counter, unsigned long long *errors)
{
    char key[32];

    snprintf(key, sizeof key, "ecc.%u", type);
    return asked_of(device, key, counter, errors);
}

/* `rows <corrected> <uncorrected> <pending> <failure>` */
nvmlReturn_t nvmlDeviceGetRemappedRows(nvmlDevice_t device, unsigned int *corrected, unsigned int *uncorrected,
                                       unsigned int *pending, unsigned int *failure)
{
    char value[LINE];
    nvmlReturn_t result = asked(device, "rows", value);

    if (result == SUCCESS && sscanf(value, "%u %u %u %u", corrected, uncorrected, pending, failure) != 4)
        return INVALID_ARGUMENT;
    return result;
}

/* `retired.<cause> <count>`; the pages' addresses do not matter. */
nvmlReturn_t nvmlDeviceGetRetiredPages(nvmlDevice_t device, unsigned int cause, unsigned int *count, unsigned long long *pages)
{
    unsigned long long number;
    nvmlReturn_t result = asked_of(device, "retired", cause, &number);

    if (result != SUCCESS)
        return result;
    if (number && (!pages || *count < number)) {
        *count = (unsigned int)number;
        return INSUFFICIENT_SIZE;
    }
    *count = (unsigned int)number;
    for (unsigned int page = 0; page < *count; page++)
        pages[page] = page;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetViolationStatus(nvmlDevice_t device, unsigned int policy, nvmlViolationTime_t *time)
{
    time->referenceTime = 0;
    return asked_of(device, "violation", policy, &time->violationTime);
}

/* `compute <process> …`, `graphics …` and `mps …`: a process is `<pid>`, with 1 GiB, or `<pid>:<bytes>`, `-` where the driver does not say,
 * or `<pid>:<bytes>:<gpu instance>:<compute instance>`. */
enum { MOST_PROCESSES = 32 };

static unsigned int parsed(char *value, nvmlProcessInfo_t found[MOST_PROCESSES])
{
    unsigned int count = 0;

    for (char *each; count < MOST_PROCESSES && (each = strsep(&value, " "));) {
        nvmlProcessInfo_t *one = &found[count];
        char bytes[32] = "1073741824";

        *one = (nvmlProcessInfo_t){.gpuInstanceId = ~0U, .computeInstanceId = ~0U};
        if (sscanf(each, "%u:%31[^:]:%u:%u", &one->pid, bytes, &one->gpuInstanceId, &one->computeInstanceId) < 1)
            continue;
        one->usedGpuMemory = *bytes == '-' ? ~0ULL : strtoull(bytes, NULL, 10);
        count++;
    }
    return count;
}

static nvmlReturn_t processes(nvmlDevice_t device, const char *key, unsigned int *count, nvmlProcessInfo_t *infos)
{
    nvmlProcessInfo_t found[MOST_PROCESSES];
    char value[LINE];
    struct instance part;
    unsigned int number = 0, room = *count;
    nvmlReturn_t result = asked(card_of(device), key, value);

    if (card_of(device) != device && asked_instance(device, &part) != SUCCESS)
        return INVALID_ARGUMENT;
    if (result == SUCCESS)
        number = parsed(value, found);
    else if (result != NOT_SUPPORTED)
        return result;
    *count = 0;
    for (unsigned int each = 0; each < number; each++) {
        if (card_of(device) != device &&
            (found[each].gpuInstanceId != part.gpu || found[each].computeInstanceId != part.compute))
            continue;
        if (infos && *count < room)
            infos[*count] = found[each];
        ++*count;
    }
    return *count && (!infos || *count > room) ? INSUFFICIENT_SIZE : SUCCESS;
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
    return processes(device, "compute", count, infos);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
    return processes(device, "graphics", count, infos);
}

nvmlReturn_t nvmlDeviceGetMPSComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
    return processes(device, "mps", count, infos);
}

/* `utilization <percent>`, `memory_utilization <percent>` */
nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *rates)
{
    nvmlReturn_t result = asked_unsigned(device, "utilization", &rates->gpu);

    if (asked_unsigned(device, "memory_utilization", &rates->memory) != SUCCESS)
        rates->memory = 0;
    return result;
}

/* Events: `xid <number>` of a card happens once for each set that listens, as soon as the file has it. */
enum { TIMEOUT = 10, CARDS = 16 };

struct nvmlEventSet {
    unsigned long long told[CARDS];
};

nvmlReturn_t nvmlEventSetCreate(struct nvmlEventSet **set)
{
    *set = calloc(1, sizeof **set);
    return *set ? SUCCESS : NOT_SUPPORTED;
}

nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t device, unsigned long long types, struct nvmlEventSet *set)
{
    (void)types;
    if ((size_t)device > CARDS)
        return INVALID_ARGUMENT;
    if (asked_number(device, "xid", &set->told[(size_t)device - 1]) != SUCCESS)
        set->told[(size_t)device - 1] = 0;
    return SUCCESS;
}

nvmlReturn_t nvmlEventSetWait_v2(struct nvmlEventSet *set, nvmlEventData_t *event, unsigned int timeout)
{
    unsigned long long xid;

    (void)timeout;
    for (size_t card = 0; card < CARDS; card++)
        if (asked_number((nvmlDevice_t)(card + 1), "xid", &xid) == SUCCESS && xid != set->told[card]) {
            set->told[card] = xid;
            *event = (nvmlEventData_t){.device = (nvmlDevice_t)(card + 1), .eventType = 8, .eventData = xid};
            return SUCCESS;
        }
    return TIMEOUT;
}

/* What gpuhost's collection and the tools that its figures are compared with ask besides. */

ASKED_UNSIGNED(nvmlDeviceGetMinorNumber, "minor")
ASKED_UNSIGNED(nvmlDeviceGetFanSpeed, "fan")
ASKED_UNSIGNED(nvmlDeviceGetNumFans, "fans")
ASKED_UNSIGNED(nvmlDeviceGetPerformanceState, "performance_state")
ASKED_UNSIGNED(nvmlDeviceGetEnforcedPowerLimit, "power_limit")
ASKED_UNSIGNED(nvmlDeviceGetComputeMode, "compute_mode")
ASKED_UNSIGNED(nvmlDeviceGetDisplayActive, "display_active")
ASKED_UNSIGNED(nvmlDeviceGetDisplayMode, "display_mode")
ASKED_UNSIGNED(nvmlDeviceGetMaxMigDeviceCount, "mig_most")
ASKED_OF(nvmlDeviceGetFanSpeed_v2, "fan")
ASKED_OF(nvmlDeviceGetPcieThroughput, "pcie_throughput") /* 0 sent, 1 received; KB/s */

nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t device, unsigned long long *millijoules)
{
    return asked_number(device, "energy", millijoules);
}

nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(nvmlDevice_t device, unsigned long long *reasons)
{
    return asked_number(device, "throttle_reasons", reasons);
}

nvmlReturn_t nvmlDeviceGetSerial(nvmlDevice_t device, char *serial, unsigned int length)
{
    char value[LINE];
    nvmlReturn_t result = asked(device, "serial", value);

    return result == SUCCESS ? copied(value, serial, length) : result;
}

nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned int *index)
{
    *index = (unsigned int)((size_t)device - 1) / MIG ? (unsigned int)((size_t)device - 1) / MIG - 1 : (unsigned int)((size_t)device - 1);
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device)
{
    char value[LINE];
    nvmlReturn_t result;

    for (size_t card = 1; (result = asked((nvmlDevice_t)card, "uuid", value)) != NOT_SUPPORTED; card++)
        if (result == SUCCESS && !strcmp(value, uuid)) {
            *device = (nvmlDevice_t)card;
            return SUCCESS;
        }
    return NOT_FOUND;
}

/* `<card> <key> <number> <number>`: an encoder's and a decoder's percent with the time that it was taken over. */
static nvmlReturn_t asked_two(nvmlDevice_t device, const char *key, unsigned int *one, unsigned int *other)
{
    char value[LINE];
    nvmlReturn_t result = asked(device, key, value);

    if (result == SUCCESS && sscanf(value, "%u %u", one, other) != 2)
        return INVALID_ARGUMENT;
    return result;
}

nvmlReturn_t nvmlDeviceGetEncoderUtilization(nvmlDevice_t device, unsigned int *percent, unsigned int *period)
{
    return asked_two(device, "encoder", percent, period);
}

nvmlReturn_t nvmlDeviceGetDecoderUtilization(nvmlDevice_t device, unsigned int *percent, unsigned int *period)
{
    return asked_two(device, "decoder", percent, period);
}

nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int *major, int *minor)
{
    return asked_two(device, "compute_capability", (unsigned int *)major, (unsigned int *)minor);
}

/* `bar1 <bytes> <bytes used>` */
nvmlReturn_t nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory)
{
    char value[LINE];
    nvmlReturn_t result = asked(device, "bar1", value);

    if (result == SUCCESS && sscanf(value, "%llu %llu", &memory->total, &memory->used) != 2)
        return INVALID_ARGUMENT;
    memory->free = memory->total - memory->used;
    return result;
}

nvmlReturn_t nvmlSystemGetNVMLVersion(char *version, unsigned int length)
{
    char value[LINE];
    nvmlReturn_t result = said("init", "library", value);

    return result == SUCCESS ? copied(value, version, length) : result;
}

/* `init cuda 13000` */
nvmlReturn_t nvmlSystemGetCudaDriverVersion(int *version)
{
    char value[LINE];
    nvmlReturn_t result = said("init", "cuda", value);

    if (result == SUCCESS)
        *version = atoi(value);
    return result;
}

nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version)
{
    return nvmlSystemGetCudaDriverVersion(version);
}

/* `field.<number> <value>` */
typedef struct {
    unsigned int fieldId, scopeId;
    long long timestamp, latencyUsec;
    unsigned int valueType;
    nvmlReturn_t nvmlReturn;
    unsigned long long value;
} nvmlFieldValue_t;

nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t *values)
{
    for (int each = 0; each < count; each++) {
        values[each].valueType = 3; /* unsigned long long, whose lower half is where an unsigned int is */
        values[each].nvmlReturn = asked_of(device, "field", values[each].fieldId, &values[each].value);
    }
    return SUCCESS;
}

/* `nvlink_errors.<counter> <count>`: of each link the same. */
nvmlReturn_t nvmlDeviceGetNvLinkErrorCounter(nvmlDevice_t device, unsigned int link, unsigned int counter, unsigned long long *count)
{
    (void)link;
    return asked_of(device, "nvlink_errors", counter, count);
}

nvmlReturn_t nvmlDeviceIsMigDeviceHandle(nvmlDevice_t device, unsigned int *is)
{
    *is = card_of(device) != device;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned int index, nvmlDevice_t *instance)
{
    struct instance part;

    *instance = (nvmlDevice_t)((size_t)device + MIG * (size_t)(index + 1));
    return asked_instance(*instance, &part);
}

nvmlReturn_t nvmlDeviceGetDeviceHandleFromMigDeviceHandle(nvmlDevice_t instance, nvmlDevice_t *device)
{
    *device = card_of(instance);
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetGpuInstanceId(nvmlDevice_t device, unsigned int *id)
{
    struct instance part;
    nvmlReturn_t result = asked_instance(device, &part);

    *id = part.gpu;
    return result;
}

nvmlReturn_t nvmlDeviceGetComputeInstanceId(nvmlDevice_t device, unsigned int *id)
{
    struct instance part;
    nvmlReturn_t result = asked_instance(device, &part);

    *id = part.compute;
    return result;
}

nvmlReturn_t nvmlDeviceGetDriverModel_v2(nvmlDevice_t device, unsigned int *now, unsigned int *next)
{
    nvmlReturn_t result = asked_unsigned(device, "driver_model", now); /* of Windows */

    *next = *now;
    return result;
}

nvmlReturn_t nvmlDeviceGetDriverModel(nvmlDevice_t device, unsigned int *now, unsigned int *next)
{
    return nvmlDeviceGetDriverModel_v2(device, now, next);
}

/* The names that programs from before NVML's functions had versions look for. */
nvmlReturn_t nvmlInit(void)
{
    return nvmlInit_v2();
}

nvmlReturn_t nvmlDeviceGetCount(unsigned int *count)
{
    return nvmlDeviceGetCount_v2(count);
}

nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned int index, nvmlDevice_t *device)
{
    return nvmlDeviceGetHandleByIndex_v2(index, device);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v2(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
    return processes(device, "compute", count, infos);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v2(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
    return processes(device, "graphics", count, infos);
}

nvmlReturn_t nvmlDeviceGetPciInfo_v2(nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    return nvmlDeviceGetPciInfo_v3(device, pci);
}

nvmlReturn_t nvmlDeviceGetPciInfo(nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    return nvmlDeviceGetPciInfo_v3(device, pci);
}

typedef struct {
    unsigned int pid;
    unsigned long long usedGpuMemory;
} nvmlProcessInfo_v1_t;

static nvmlReturn_t first_form(nvmlDevice_t device, const char *key, unsigned int *count, nvmlProcessInfo_v1_t *infos)
{
    nvmlProcessInfo_t found[MOST_PROCESSES];
    unsigned int room = *count;
    nvmlReturn_t result;

    *count = MOST_PROCESSES;
    result = processes(device, key, count, found);
    if (result != SUCCESS || !*count)
        return result;
    if (!infos || room < *count)
        return INSUFFICIENT_SIZE;
    for (unsigned int each = 0; each < *count; each++)
        infos[each] = (nvmlProcessInfo_v1_t){.pid = found[each].pid, .usedGpuMemory = found[each].usedGpuMemory};
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v1_t *infos)
{
    return first_form(device, "compute", count, infos);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v1_t *infos)
{
    return first_form(device, "graphics", count, infos);
}

/* Nothing was sampled: what each process does of the card's work is not in the file. */
nvmlReturn_t nvmlDeviceGetProcessUtilization(nvmlDevice_t device, void *samples, unsigned int *count, unsigned long long since)
{
    (void)device;
    (void)samples;
    (void)since;
    *count = 0;
    return NOT_FOUND;
}
