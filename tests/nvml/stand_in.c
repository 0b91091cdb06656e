/* NVIDIA's libnvidia-ml.so.1, as far as gpuhost calls it, for computers without a card.
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

    memory->used = 0;
    memory->free = memory->total;
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
