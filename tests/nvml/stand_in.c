/* NVIDIA's libnvidia-ml.so.1, as far as gpuhost and workloads call it, for computers without a card.
 *
 * It answers from a text file, read anew at every call: $NVML_STAND_IN, or /etc/nvml-stand-in. A line is `init code <code>`, or
 * `<card> <key> <value>` with cards counted from 0; `<card> error.<key> <code>` makes the call for that key fail. What the
 * file does not say is not supported. Signatures and codes are those of NVIDIA's nvml.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
typedef struct nvmlDevice *nvmlDevice_t; /* the card's number, plus one */
typedef struct {
    unsigned long long total, free, used;
} nvmlMemory_t;
typedef struct {
    unsigned int version;
    unsigned long long total, reserved, free, used;
} nvmlMemory_v2_t;

static FILE *state(void)
{
    const char *path = getenv("NVML_STAND_IN");
    return fopen(path ? path : "/etc/nvml-stand-in", "r");
}

/* Copy what the file says under `subject key`; SUCCESS, NOT_SUPPORTED where it says nothing. */
static nvmlReturn_t said(const char *subject, const char *key, char value[LINE])
{
    char line[LINE], seen_subject[LINE], seen_key[LINE];
    int behind = 0;
    nvmlReturn_t result = NOT_SUPPORTED;
    FILE *file = state();

    while (file && result != SUCCESS && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%511s %511s %n", seen_subject, seen_key, &behind) == 2 && !strcmp(seen_subject, subject) &&
            !strcmp(seen_key, key)) {
            strcpy(value, line + behind);
            result = SUCCESS;
        }
    }
    if (file)
        fclose(file);
    return result;
}

static nvmlReturn_t asked(nvmlDevice_t device, const char *key, char value[LINE])
{
    char card[32], fault[64];

    snprintf(card, sizeof card, "%zu", (size_t)device - 1);
    snprintf(fault, sizeof fault, "error.%s", key);
    return said(card, fault, value) == SUCCESS ? atoi(value) : said(card, key, value);
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
    char value[LINE];
    FILE *file = state();

    if (!file)
        return DRIVER_NOT_LOADED;
    fclose(file);
    return said("init", "code", value) == SUCCESS ? atoi(value) : SUCCESS;
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
    char value[LINE];
    nvmlReturn_t result = asked(device, "name", value);

    if (result == SUCCESS && strlen(value) >= length)
        return INSUFFICIENT_SIZE;
    if (result == SUCCESS)
        strcpy(name, value);
    return result;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory)
{
    nvmlReturn_t result = asked_number(device, "memory", &memory->total);

    if (asked_number(device, "memory_used", &memory->used) != SUCCESS)
        memory->used = 0;
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
    case 15:
        return "GPU is lost";
    case 18:
        return "Driver/library version mismatch";
    default:
        return "Unknown Error";
    }
}

static nvmlReturn_t copied(const char *value, char *text, unsigned int length)
{
    if (strlen(value) >= length)
        return INSUFFICIENT_SIZE;
    strcpy(text, value);
    return SUCCESS;
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
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device)
{
    char value[LINE];

    *device = (nvmlDevice_t)(size_t)(index + 1);
    return asked(*device, "address", value);
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length)
{
    char value[LINE];
    nvmlReturn_t result = asked(device, "uuid", value);

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

/* `compute <pid>` and `graphics <pid>`: one process, of 1 GiB. */
static nvmlReturn_t processes(nvmlDevice_t device, const char *key, unsigned int *count, nvmlProcessInfo_t *infos)
{
    unsigned int pid;
    nvmlReturn_t result = asked_unsigned(device, key, &pid);

    if (result == NOT_SUPPORTED) {
        *count = 0;
        return SUCCESS;
    }
    if (result == SUCCESS && (!infos || !*count))
        result = INSUFFICIENT_SIZE;
    else if (result == SUCCESS)
        infos[0] = (nvmlProcessInfo_t){.pid = pid, .usedGpuMemory = 1ULL << 30};
    *count = 1;
    return result;
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
    return processes(device, "compute", count, infos);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
    return processes(device, "graphics", count, infos);
}

/* `utilization <percent>` */
nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *rates)
{
    rates->memory = 0;
    return asked_unsigned(device, "utilization", &rates->gpu);
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
